# frozen_string_literal: true

module BackupRestore
  # Imitates backups in an object storage; one of the same name is never overwritten.
  class S3BackupStore < BackupStore
    def initialize(_opts = {})
      bucket, folder = SiteSetting.s3_backup_bucket.split("/", 2)
      @bucket = FileStore::Bucket.new(bucket)
      @prefix = [folder, RailsMultisite::ConnectionManagement.current_db, ""].compact.join("/")
    end

    def remote?
      true
    end

    def file(filename, include_download_source: false)
      found = files.find { |file| file.filename == filename }
      found && include_download_source ? found.dup.tap { |file| file.source = "#{@prefix}#{filename}" } : found
    end

    def delete_file(filename)
      @bucket.delete("#{@prefix}#{filename}")
      reset_cache
    end

    def download_file(filename, destination, failure_message = nil)
      @bucket.get("#{@prefix}#{filename}", destination)
    rescue StandardError => e
      raise failure_message || "Failed to download #{filename}: #{e.message}"
    end

    def upload_file(filename, source_path, _content_type)
      reset_cache
      raise BackupFileExists if file(filename)

      @bucket.put("#{@prefix}#{filename}", source_path)
      reset_cache
    end

    private

    # None from folders below.
    def unsorted_files
      @bucket.list(@prefix).filter_map do |object|
        name = object.key.delete_prefix(@prefix)
        BackupFile.new(filename: name, size: object.size, last_modified: object.last_modified) if name.match?(%r{\A[^/]*\.t?gz\z}i)
      end
    rescue FileStore::Bucket::Refused => e
      raise StorageError, e.message
    end

    def cleanup_allowed?
      !SiteSetting.s3_disable_cleanup
    end
  end
end
