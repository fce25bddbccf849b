# frozen_string_literal: true

module BackupRestore
  class UploadsRestoreError < RuntimeError; end

  # Imitates how uploads come back: their addresses in the database first, then the files. Without uploads nothing is renamed at all.
  class UploadsRestorer
    delegate :log, to: :@logger, private: true

    def initialize(logger)
      @logger = logger
    end

    def restore(tmp_directory)
      folders = Dir[File.join(tmp_directory, "uploads", "*")]
      raise UploadsRestoreError, "the archive has uploads of several sites" if folders.size > 1
      return if folders.empty?

      remap_uploads
      log "Restoring uploads..."
      Discourse.store.copy_from(folders.first)
      rebake_posts_with_uploads
    end

    protected

    # A failure of it does not end the restore.
    def remap_uploads
      log "Remapping uploads..."
      old = BackupMetadata.value_for("base_url")
      remap(old, Discourse.base_url) if old && old != Discourse.base_url
      remap_s3("s3_base_url", SiteSetting.Upload.s3_base_url)
      remap_s3("s3_cdn_url", SiteSetting.Upload.s3_cdn_url)
    rescue StandardError => e
      log "Something went wrong with remapping uploads", e
    end

    def remap_s3(name, current)
      old = BackupMetadata.value_for(name)
      remap("#{old}/", "/#{Discourse.store.upload_path}/") if old && old != (current if SiteSetting.Upload.enable_s3_uploads)
    end

    def remap(from, to)
      log "Remapping '#{from}' to '#{to}'"
      DbHelper.remap(from, to, verbose: true, excluded_tables: ["backup_metadata"])
    end

    def rebake_posts_with_uploads
      DB.exec("UPDATE posts SET baked_version = NULL WHERE id IN (SELECT target_id FROM upload_references WHERE target_type = 'Post')")
    end
  end
end
