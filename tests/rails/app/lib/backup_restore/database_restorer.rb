# frozen_string_literal: true

module BackupRestore
  class DatabaseRestoreError < RuntimeError; end

  # Imitates how a dump takes the place of the database: what was there moves aside, sed and psql load the dump, rake migrates it.
  class DatabaseRestorer
    delegate :log, to: :@logger, private: true

    MAIN_SCHEMA = "public"
    BACKUP_SCHEMA = "backup"
    DROP_BACKUP_SCHEMA_AFTER_DAYS = 7
    UNWANTED = ["DROP SCHEMA", "CREATE SCHEMA", "COMMENT ON SCHEMA", "SET default_table_access_method"].freeze
    # What the filter drops as well since July 2026.
    UNWANTED_BY_NEWER = ["SET transaction_timeout"].freeze

    def self.drop_backup_schema
      ActiveRecord::Base.connection.drop_schema(BACKUP_SCHEMA) if backup_schema_dropable?
    end

    # A schema without a date gets one now.
    def self.backup_schema_dropable?
      return false unless ActiveRecord::Base.connection.schema_exists?(BACKUP_SCHEMA)

      date = BackupMetadata.last_restore_date
      BackupMetadata.update_last_restore_date unless date
      !date.nil? && date + DROP_BACKUP_SCHEMA_AFTER_DAYS.days < Time.zone.now
    end
    private_class_method :backup_schema_dropable?

    def initialize(logger, current_db)
      @logger = logger
      @db_was_changed = false
      @current_db = current_db
    end

    def restore(db_dump_path, _interactive = false)
      Steps.reach("move")
      BackupRestore.move_tables_between_schemas(MAIN_SCHEMA, BACKUP_SCHEMA)
      @db_dump_path = db_dump_path
      @db_was_changed = true
      create_missing_discourse_functions
      restore_dump
      migrate_database
      reconnect_database
      BackupMetadata.update_last_restore_date
    end

    def rollback
      log "Rolling back if there is something to roll back..."
      return unless @db_was_changed && BackupRestore.can_rollback?

      BackupRestore.move_tables_between_schemas(BACKUP_SCHEMA, MAIN_SCHEMA)
      log "Rolled back"
    end

    def clean_up
      @created_functions.to_a.each { |table, column| Migration::BaseDropper.drop_readonly_function(table, column) }
    rescue StandardError => e
      log "Something went wrong with functions of the restore", e
    end

    def self.psql_command
      config = BackupRestore.database_configuration
      [
        *("PGPASSWORD='#{config.password}'" if config.password.present?), "psql", "--dbname='#{config.database}'",
        "--single-transaction", "--variable=ON_ERROR_STOP=1", *("--host=#{config.host}" if config.host.present?),
        *("--port=#{config.port}" if config.port.present?), *("--username=#{config.username}" if config.username.present?)
      ].join(" ")
    end

    protected

    def restore_dump
      Steps.reach("load")
      log "Loading the dump..."
      last = nil
      IO.popen(restore_dump_command) { |pipe| pipe.each_line { |line| log(last = line.chomp) } }
      raise DatabaseRestoreError, "psql failed: #{last}" unless Process.last_status.success?
    end

    def sed_command
      unwanted = Knobs["filter-newer"] ? UNWANTED + UNWANTED_BY_NEWER : UNWANTED
      "sed -E '/^(#{unwanted.join('|')})/d' #{@db_dump_path}"
    end

    def restore_dump_command
      "#{sed_command} | #{self.class.psql_command} 2>&1"
    end

    # With the destructive part.
    def migrate_database
      Steps.reach("migrate")
      log "Migrating the database..."
      log Discourse::Utils.execute_command(
        { "SKIP_POST_DEPLOYMENT_MIGRATIONS" => "0", "SKIP_OPTIMIZE_ICONS" => "1" }, "rake", "db:migrate",
        failure_message: "Failed to migrate database.", chdir: Rails.root
      )
    end

    def reconnect_database
      Steps.reach("reconnect")
      log "Reconnecting to the database..."
      RailsMultisite::ConnectionManagement.establish_connection(db: @current_db)
    end

    # Triggers of the dump may need those of migrations that this database has left behind.
    def create_missing_discourse_functions
      Steps.reach("functions")
      existing = Migration::BaseDropper.existing_discourse_function_names
      @created_functions = Migration::BaseDropper.dropped.reject do |table, column|
        existing.include?(Migration::BaseDropper.readonly_function_name(table, column, with_schema: false).delete_suffix("()"))
      end
      @created_functions.each { |table, column| Migration::BaseDropper.create_readonly_function(table, column) }
    end
  end
end
