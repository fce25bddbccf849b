# frozen_string_literal: true

module BackupRestore
  # Imitates what the places for backups have in common: the newest first, and no more than so many.
  class BackupStore
    class BackupFileExists < RuntimeError; end
    class StorageError < RuntimeError; end

    def self.create(opts = {})
      { BackupLocationSiteSetting::LOCAL => LocalBackupStore, BackupLocationSiteSetting::S3 => S3BackupStore }
        .fetch(opts[:location] || SiteSetting.backup_location).new(opts)
    end

    def files
      @files ||= unsorted_files.sort_by { |file| -file.last_modified.to_f }
    end

    def latest_file
      files.first
    end

    def reset_cache
      @files = nil
    end

    def delete_old
      return unless cleanup_allowed?

      Steps.reach("prune")
      reset_cache
      files.drop(SiteSetting.maximum_backups).each { |file| delete_file(file.filename) }
      reset_cache
    end

    private

    def cleanup_allowed?
      true
    end
  end
end
