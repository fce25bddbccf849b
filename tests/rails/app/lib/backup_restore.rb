# frozen_string_literal: true

# Imitates BackupRestore: the lock and the signal to stop in Redis, and the move of everything that one role owns between two schemas.
module BackupRestore
  class OperationRunningError < RuntimeError; end
  class RestoreDisabledError < RuntimeError; end
  class FilenameMissingError < RuntimeError; end

  VERSION_PREFIX = "v"
  DUMP_FILE = "dump.sql.gz"
  RUNNING_KEY = "backup_restore_operation_is_running"
  SHUTDOWN_KEY = "backup_restore_operation_should_shutdown"
  DatabaseConfiguration = Struct.new(:host, :port, :username, :password, :database)

  # What moves, in this order: each with the word for ALTER and DROP, and a query for name, schema and owner.
  KINDS = {
    "TABLE" => "SELECT tablename AS name, schemaname AS schema, tableowner AS owner FROM pg_tables",
    "VIEW" => "SELECT viewname AS name, schemaname AS schema, viewowner AS owner FROM pg_views",
    "MATERIALIZED VIEW" => "SELECT matviewname AS name, schemaname AS schema, matviewowner AS owner FROM pg_matviews",
    "TYPE" => "SELECT typname AS name, typnamespace::regnamespace::text AS schema, pg_get_userbyid(typowner) AS owner " \
              "FROM pg_type WHERE typcategory = 'E'"
  }.freeze

  class << self
    def rollback!
      raise OperationRunningError if is_operation_running?

      move_tables_between_schemas("backup", "public") if can_rollback?
    end

    def cancel!
      Discourse.redis.set(SHUTDOWN_KEY, "1")
      true
    end

    def mark_as_running!
      Discourse.redis.setex(RUNNING_KEY, Lease.seconds, "1")
      Lease.new(RUNNING_KEY)
    end

    def mark_as_not_running!
      Discourse.redis.del(RUNNING_KEY)
    end

    def is_operation_running? # rubocop:disable Naming/PredicateName
      !Discourse.redis.get(RUNNING_KEY).nil?
    end

    def should_shutdown?
      !Discourse.redis.get(SHUTDOWN_KEY).nil?
    end

    def clear_shutdown_signal!
      Discourse.redis.del(SHUTDOWN_KEY)
    end

    # A thread that ends the process when it is told to stop.
    def listen_for_shutdown_signal
      clear_shutdown_signal!
      Thread.new do
        while is_operation_running?
          exit if should_shutdown?
          sleep 0.1
        end
      end
    end

    def can_rollback?
      DB.query_single("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'backup'").first.positive?
    end

    # The highest version that the database has seen.
    def current_version
      ActiveRecord::Migrator.current_version
    end

    def postgresql_major_version
      DB.query_single("SHOW server_version").first.to_i
    end

    # By the name of the connected user, whatever role it acts as.
    def move_tables_between_schemas(source, destination)
      owner = database_configuration.username
      ActiveRecord::Base.transaction { DB.exec(move_tables_between_schemas_sql(source, destination, owner)) }
    end

    def move_tables_between_schemas_sql(source, destination, owner)
      <<~SQL
        DO $$ DECLARE moved record; BEGIN
          CREATE SCHEMA IF NOT EXISTS #{destination};
        #{KINDS.map { |kind, query| loop_over(kind, query, source, destination, owner) }.join}END $$
      SQL
    end

    # Backups may be made of another server than the application's.
    def database_configuration
      config = ActiveRecord::Base.connection_db_config.configuration_hash
      DatabaseConfiguration.new(config[:backup_host] || config[:host], config[:backup_port] || config[:port],
                                config[:username], config[:password], config[:database])
    end

    private

    def loop_over(kind, query, source, destination, owner)
      <<-SQL
          FOR moved IN SELECT name FROM (#{query}) AS them WHERE schema = '#{source}' AND owner = '#{owner}' LOOP
            EXECUTE format('DROP #{kind} IF EXISTS #{destination}.%I CASCADE', moved.name);
            EXECUTE format('ALTER #{kind} #{source}.%I SET SCHEMA #{destination}', moved.name);
          END LOOP;
      SQL
    end
  end
end
