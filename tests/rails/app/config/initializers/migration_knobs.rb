# frozen_string_literal: true

# Imitates nothing: the knobs of migrations, as those of tests/workload.
module MigrationKnobs
  def exec_migration(connection, direction)
    Knobs.sleep("migration-sleep")
    raise "told to fail by a test" if Knobs["migrate-fail"] == format("%014d", version)

    super
  end
end
ActiveRecord::Migration.prepend(MigrationKnobs)

# With the lock held, before the first migration.
module MigratorKnobs
  def migrate_without_lock
    Knobs.sleep("migrate-sleep")
    Knobs["migrate-chatter"].to_i.times { puts "-" * 99 }
    super
  end
end
ActiveRecord::Migrator.prepend(MigratorKnobs)
