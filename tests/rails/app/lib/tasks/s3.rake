# frozen_string_literal: true

# Imitates s3:upload_assets: without S3 it ends with 1, and what the bucket has is skipped unless FORCE_S3_UPLOADS is set.
task "s3:ensure_cors_rules" => "environment" do
  unless GlobalSetting.use_s3?
    warn "ERROR: Ensure S3 is configured: bucket and region"
    exit 1
  end
  puts "Installing CORS rules..."
end

desc "Upload assets to S3"
task "s3:upload_assets" => %w[environment s3:ensure_cors_rules] do
  raise "upload-fail: told to fail" if Knobs["upload-fail"]

  bucket = FileStore::Bucket.new(GlobalSetting.s3_bucket.to_s)
  there = ENV["FORCE_S3_UPLOADS"] ? [] : bucket.list("assets/").map(&:key)
  Dir[Rails.public_path.join("assets/*")].sort.each do |file|
    key = "assets/#{File.basename(file)}"
    next puts("Skipping: #{key}") if there.include?(key)

    puts "Uploading: #{key}"
    bucket.put(key, file)
  end
end
