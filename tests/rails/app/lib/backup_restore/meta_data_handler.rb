# frozen_string_literal: true

module BackupRestore
  class MetaDataError < RuntimeError; end
  class MigrationRequiredError < RuntimeError; end

  # Imitates the check of versions: the one in the file's name may not be newer than the newest in the database.
  class MetaDataHandler
    delegate :log, to: :@logger, private: true

    def initialize(logger, filename, tmp_directory)
      @logger = logger
      @filename = filename
      @tmp_directory = tmp_directory
    end

    def validate
      Steps.reach("validate")
      restored = @filename[/-#{VERSION_PREFIX}(\d{14})/, 1]&.to_i
      raise MetaDataError, "Migration version is missing from the filename." unless restored

      current = BackupRestore.current_version
      log "The backup has version #{restored}, the database #{current}"
      raise MigrationRequiredError, "You're trying to restore a more recent version of the schema." if restored > current

      { version: restored }
    end
  end
end
