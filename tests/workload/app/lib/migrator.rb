# frozen_string_literal: true

require "zlib"
require "socket"
require_relative "migration"

module ActiveRecord
  class MigrationError < ActiveRecordError; end

  # Another process holds the lock.
  class ConcurrentMigrationError < MigrationError
    def initialize(message = "Cannot run migrations because another migration process is currently running.")
      super
    end
  end

  # Applies what schema_migrations lacks, each in a transaction of its own.
  class Migrator
    SALT = 2_053_462_845 # Rails' own: the lock is the same for every Rails application

    def initialize(directories)
      @files = directories.flat_map { |directory| Dir[File.join(directory, "*.rb")] }
                          .to_h { |file| [File.basename(file)[/\A\d{14}/], file] }.sort
    end

    def migrate
      with_advisory_lock do
        create_bookkeeping
        Knobs.sleep("migrate-sleep")
        Knobs["migrate-chatter"].to_i.times { puts "-" * 99 }
        applied = Base.query("SELECT version FROM schema_migrations").map { |row| row["version"] }
        @files.each { |version, file| apply(version, file) unless applied.include?(version) }
      end
    end

    private

    def apply(version, file)
      Base.transaction do
        load_class(file).new(version).migrate
        Base.query("INSERT INTO schema_migrations (version) VALUES ($1)", version)
        Base.query("INSERT INTO schema_migration_details (version, hostname, created_at) VALUES ($1, $2, now())",
                   version, Socket.gethostname)
      end
    rescue StandardError => e
      raise StandardError, "An error has occurred, this and all later migrations canceled:\n\n#{e.message}"
    end

    def load_class(file)
      require file
      Object.const_get(File.basename(file, ".rb").sub(/\A\d+_/, "").split("_").map(&:capitalize).join)
    end

    def create_bookkeeping
      Base.query("CREATE TABLE IF NOT EXISTS schema_migrations (version varchar NOT NULL PRIMARY KEY)")
      Base.query("CREATE TABLE IF NOT EXISTS schema_migration_details (id serial PRIMARY KEY, " \
                 "version varchar NOT NULL, hostname varchar, created_at timestamp NOT NULL)")
    end

    # The lock lives as long as a connection of its own; the server frees it when we die.
    def with_advisory_lock
      return yield unless GlobalSetting.db_advisory_locks

      connection = Base.connect
      key = SALT * Zlib.crc32(connection.db)
      taken = connection.exec_params("SELECT pg_try_advisory_lock($1::bigint) AS taken", [key]).first["taken"]
      raise ConcurrentMigrationError unless taken

      yield
    ensure
      connection&.close
    end
  end
end
