# frozen_string_literal: true

desc "Upload assets to S3"
task "s3:upload_assets" => "environment" do
  unless GlobalSetting.use_s3?
    warn "ERROR: S3 is not configured: bucket, region and credentials are needed"
    exit 1
  end
  raise "upload-fail: told to fail" if Knobs["upload-fail"]

  Dir[File.join(Application::ROOT, "public/assets/*")].sort.each do |file|
    path = "assets/#{File.basename(file)}"
    puts "Uploading: #{path}"
    ActiveRecord::Base.query(
      "INSERT INTO uploaded_assets (bucket, path, uploaded_at) VALUES ($1, $2, now())",
      GlobalSetting.s3_bucket.to_s, path
    )
  end
end
