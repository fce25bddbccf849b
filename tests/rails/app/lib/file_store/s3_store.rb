# frozen_string_literal: true

module FileStore
  # Imitates uploads in an object storage.
  class S3Store
    # The key in an address such as //bucket.example.com/original/1X/a.png.
    def self.key_of(url)
      url.sub(%r{\A//[^/]+/}, "")
    end

    def bucket
      Bucket.new(SiteSetting.Upload.s3_upload_bucket)
    end

    # Within the bucket.
    def upload_path
      "uploads/default"
    end

    def external?
      true
    end

    def download_file(upload, path)
      bucket.get(self.class.key_of(upload.url), path)
    end

    def copy_from(source_path)
      files = Dir[File.join(source_path, "**/*")].select { |file| File.file?(file) }
      files.each { |file| bucket.put(file.delete_prefix("#{source_path}/"), file) }
    end
  end
end
