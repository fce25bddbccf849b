# frozen_string_literal: true

require "zlib"

module BackupRestore
  # Imitates what gets a backup out of its place and its archive, down to plain SQL.
  class BackupFileHandler
    delegate :log, to: :@logger, private: true

    def initialize(logger, filename, current_db, root_tmp_directory: Rails.root, location: nil)
      @logger = logger
      @filename = filename
      @current_db = current_db
      @root_tmp_directory = root_tmp_directory
      @location = location
    end

    # The folder of the restore, and the dump in it.
    def decompress
      time = Time.zone.now.strftime("%Y-%m-%d-%H%M%S")
      @tmp_directory = File.join(@root_tmp_directory, "tmp", "restores", @current_db, time)
      FileUtils.mkdir_p(@tmp_directory)
      @archive_path = File.join(@tmp_directory, @filename)
      fetch
      unpack unless @filename.end_with?(".sql.gz")
      [@tmp_directory, extract_dump]
    end

    def clean_up
      FileUtils.rm_rf(@tmp_directory) if @tmp_directory
    rescue StandardError => e
      log "Something went wrong with deleting '#{@tmp_directory}'", e
    end

    private

    def fetch
      Steps.write("fetch", @archive_path)
      log "Fetching the archive..."
      BackupStore.create(location: @location).download_file(@filename, @archive_path, "Cannot fetch the archive")
    end

    def unpack
      Steps.reach("unpack")
      log "Unpacking the archive..."
      Discourse::Utils.execute_command("tar", "--extract", "--gzip", "--file", @archive_path, "--directory", @tmp_directory,
                                       failure_message: "Cannot unpack the archive")
    end

    def extract_dump
      packed = @filename.end_with?(".sql.gz") ? @archive_path : File.join(@tmp_directory, DUMP_FILE)
      dump = packed.delete_suffix(".gz")
      Steps.write("gunzip", dump)
      log "Extracting the dump..."
      Zlib::GzipReader.open(packed) { |gzip| File.open(dump, "wb") { |file| copy(gzip, file) } }
      dump
    end

    def copy(gzip, file)
      left = SiteSetting.decompressed_backup_max_file_size_mb.megabytes
      while (part = gzip.read(1 << 16))
        left -= part.bytesize
        raise Compression::ExtractFailed if left.negative?

        file.write(part)
      end
    end
  end
end
