# frozen_string_literal: true

module BackupRestore
  # Imitates how a backup with uploads becomes one file: a tar that grows, and that is compressed when it is complete.
  module Archive
    private

    def create_archive
      tar = "#{@archive_basename}.tar"
      FileUtils.rm_f([tar, "#{tar}.gz"])
      Steps.write("archive", tar)
      log "Creating #{@backup_filename}..."
      tar("--create", tar, "--files-from", "/dev/null")
      tar("--append", tar, "--dereference", DUMP_FILE, chdir: @tmp_directory)
      add_local_uploads(tar)
      add_remote_uploads(tar) if SiteSetting.Upload.enable_s3_uploads
      remove_tmp_directory
      compress(tar)
    end

    def tar(verb, file, *arguments, chdir: ".", codes: [0])
      Discourse::Utils.execute_command("tar", verb, "--file", file, *arguments, chdir: chdir, success_status_codes: codes,
                                                                                failure_message: "tar failed")
    end

    def local_uploads?
      folder = local_uploads
      File.directory?(folder) && !Dir.empty?(folder)
    end

    def local_uploads
      Rails.public_path.join(FileStore::LocalStore.new.upload_path).to_s
    end

    # Files that change meanwhile are no failure.
    def add_local_uploads(tar)
      Steps.reach("local-uploads")
      return log("There are no local uploads") unless local_uploads?

      path = FileStore::LocalStore.new.upload_path
      log "Adding uploads..."
      without = SiteSetting.include_thumbnails_in_backups ? "" : "--exclude=#{File.join(path, 'optimized')}"
      tar("--append", tar, "--dereference", without, path, chdir: Rails.public_path, codes: [0, 1])
    end

    # One that cannot be fetched is missing, and a line in the log.
    def add_remote_uploads(tar)
      return log("Uploads in S3 are left out") unless SiteSetting.include_s3_uploads_in_backups

      Steps.reach("remote-uploads")
      log "Fetching uploads from S3..."
      path = FileStore::LocalStore.new.upload_path
      fetched = Upload.by_users.where("url LIKE '//%'").count { |upload| fetch(upload, path) }
      tar("--append", tar, path, chdir: @tmp_directory, codes: [0, 1]) if fetched.positive?
    end

    def fetch(upload, path)
      file = File.join(@tmp_directory, path, FileStore::S3Store.key_of(upload.url))
      FileUtils.mkdir_p(File.dirname(file))
      FileStore::S3Store.new.download_file(upload, file)
      true
    rescue StandardError => e
      log "Cannot fetch upload #{upload.id} from S3: #{e.message}"
      false
    end

    def compress(tar)
      Steps.reach("compress")
      log "Compressing the archive..."
      Discourse::Utils.execute_command("gzip", "-#{SiteSetting.backup_gzip_compression_level_for_uploads}", tar,
                                       failure_message: "gzip failed")
    end
  end
end
