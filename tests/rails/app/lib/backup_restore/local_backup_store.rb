# frozen_string_literal: true

module BackupRestore
  # Imitates backups on the disk of this pod.
  class LocalBackupStore < BackupStore
    def self.base_directory(db: nil)
      Rails.public_path.join("backups", db || RailsMultisite::ConnectionManagement.current_db).to_s.tap { |path| FileUtils.mkdir_p(path) }
    end

    def initialize(_opts = {})
      @base_directory = self.class.base_directory
    end

    def remote?
      false
    end

    def file(filename, include_download_source: false)
      path = path_of(filename)
      describe(path, include_download_source) if File.exist?(path)
    end

    def delete_file(filename)
      FileUtils.rm_f(path_of(filename))
      reset_cache
    end

    def download_file(filename, destination, failure_message = "")
      FileUtils.cp(path_of(filename), destination)
    rescue SystemCallError => e
      raise [failure_message, e.message].reject(&:blank?).join("\n")
    end

    private

    def unsorted_files
      Dir[File.join(@base_directory, "*.{gz,tgz}")].map { |path| describe(path) }
    end

    # No way out of the folder.
    def path_of(filename)
      path = File.expand_path(filename, @base_directory)
      path.start_with?("#{@base_directory}/") ? path : raise(Discourse::InvalidParameters, "filename")
    end

    def describe(path, source = false)
      BackupFile.new(filename: File.basename(path), size: File.size(path), last_modified: File.mtime(path).utc, source: source ? path : nil)
    end
  end
end
