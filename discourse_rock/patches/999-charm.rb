# frozen_string_literal: true

# What the image changes in Discourse's backup and restore; build/app puts it into config/initializers. Each change holds for all ways
# to start one: the admin page, Sidekiq, script/discourse and the charm's own tasks.
#
# The build boots Discourse with this file, so it fails there if Discourse has renamed what is changed here.
module CharmPatches
  MARK = "charm-restore "

  class Renamed < StandardError; end
  class Interrupted < StandardError; end

  class << self
    # Whether this process is the charm's own restore.
    attr_accessor :own_restore

    # The comment on the schema backup: while the charm's mark is there, the schema may hold the only copy of the forum.
    def mark
      comment = DB.query_single("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'backup'").first
      comment if comment.to_s.start_with?(MARK)
    end

    def protect!
      return if own_restore

      text = mark
      raise Interrupted, "the schema backup belongs to a restore of the charm (#{text})" if text
    end
  end

  # Of the module BackupRestore itself.
  module Moves
    # What public holds besides the old tables, of a dump that was loaded, and perhaps migrated, before the restore failed.
    CLEAR = <<~SQL
      DO $$
      DECLARE
        item record;
      BEGIN
        IF to_regclass('backup.schema_migrations') IS NULL THEN
          RETURN;
        END IF;
        FOR item IN
          SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
                 c.relname AS name
            FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
             AND pg_get_userbyid(c.relowner) = current_user
             AND NOT EXISTS (SELECT 1 FROM pg_depend d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'a', 'i'))
          UNION ALL
          SELECT 'TYPE', t.typname
            FROM pg_type t
           WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e' AND pg_get_userbyid(t.typowner) = current_user
             AND NOT EXISTS (SELECT 1 FROM pg_depend d
                              WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
        LOOP
          EXECUTE format('DROP %s IF EXISTS public.%I CASCADE', item.kind, item.name);
        END LOOP;
      END $$;
    SQL

    # The password goes to pg_dump and psql by their environment, not in a line for the shell.
    def database_configuration
      configuration = super
      unless configuration.password.to_s.empty?
        ENV["PGPASSWORD"] = configuration.password.to_s
        configuration.password = nil
      end
      configuration
    end

    def move_tables_between_schemas(source, destination)
      CharmPatches.protect!
      ActiveRecord::Base.transaction do
        DB.exec(CLEAR) if CharmPatches.own_restore && source == "backup"
        super
      end
    end

    # Tables belong to the role that a login may be turned into, not to the name that it logs in with.
    def move_tables_between_schemas_sql(source, destination, _owner)
      super(source, destination, DB.query_single("SELECT current_user").first.gsub("'", "''"))
    end
  end

  # Of the class DatabaseRestorer itself.
  module Database
    # The last line that psql writes becomes the error of a restore: the cause, and no row of the dump, which would come after it.
    def psql_command
      "#{super} --variable=VERBOSITY=terse"
    end

    # A daily job calls it.
    def drop_backup_schema
      super unless CharmPatches.mark
    end
  end

  # Of its instances.
  module Filter
    # pg_dump writes this line since version 17, whatever the server's, and a server before 17 refuses it. It stands before all data.
    def sed_command
      "#{super} | sed '1,/^COPY /{/^SET transaction_timeout = 0;$/d}'"
    end
  end

  # Of instances of SystemInterface.
  module Flush
    # All keys of the forum are deleted, also the one that says that a restore is running.
    def flush_redis
      super
      BackupRestore.mark_as_running!
    end
  end

  CHANGES = {
    "BackupRestore" => [Moves, :singleton], "BackupRestore::DatabaseRestorer" => [Database, :singleton],
    "BackupRestore::SystemInterface" => [Flush, :instances]
  }.freeze
  RESTORER = "BackupRestore::DatabaseRestorer"

  def self.apply
    CHANGES.each { |name, (change, where)| prepend_to(name, change, where) }
    # A Discourse without this method filters the line itself; build/app looks.
    restorer = RESTORER.constantize
    restorer.prepend(Filter) if restorer.method_defined?(:sed_command) || restorer.private_method_defined?(:sed_command)
  end

  def self.prepend_to(name, change, where)
    target = name.constantize
    target = target.singleton_class if where == :singleton
    missing = change.instance_methods(false).reject { |method| target.method_defined?(method) || target.private_method_defined?(method) }
    raise Renamed, "#{name} has no #{missing.join(', ')}" unless missing.empty?

    target.prepend(change)
  end
  private_class_method :prepend_to
end

Rails.application.config.to_prepare { CharmPatches.apply }
