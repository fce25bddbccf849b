# frozen_string_literal: true

# The task charm:migrate. charm.rake has what it shares with charm:user.
module Charm
  # db:migrate, but with failures that its exit code hides.
  module Migration
    SEED_FAILED = 3
    BUSY = 75
    # Whether the forum waits in the schema backup: a restore is running or was interrupted.
    RESTORING = <<~SQL
      SELECT obj_description(oid, 'pg_namespace') LIKE 'charm-restore %'
             OR EXISTS (SELECT 1 FROM pg_class WHERE relname = 'schema_migrations' AND relnamespace = n.oid)
                AND to_regclass('public.schema_migrations') IS NULL
        FROM pg_namespace n WHERE nspname = 'backup'
    SQL

    class Restoring < StandardError; end

    # Discourse prints the error of a seed and continues.
    module SeedWatch
      class << self
        attr_accessor :error
      end

      def seed(...)
        super
      rescue StandardError => e
        SeedWatch.error ||= e
        raise
      end
    end

    def self.run
      $stdout.sync = true # so that the log shows each migration when it begins
      Rake::Task["environment"].invoke
      raise Restoring, "the forum is in the schema backup, where a restore has moved it" if DB.query_single(RESTORING).first
      raise ActiveRecord::ConcurrentMigrationError if ENV["EMPTY_DATABASE_ONLY"] == "1" && !empty?
      SeedFu.singleton_class.prepend(SeedWatch)
      Rake::Task["db:migrate"].invoke
    end

    def self.empty?
      DB.query_single("SELECT to_regclass('schema_migrations')").first.nil? ||
        DB.query_single("SELECT version FROM schema_migrations LIMIT 1").empty?
    end

    # Returns the exit code and the result.
    def self.outcome
      run
      failure = SeedWatch.error
      failure ? [SEED_FAILED, { outcome: "seed-failed", error: Charm.first_line(failure) }] : [DONE, { outcome: "done" }]
    rescue StandardError => e
      warn Charm.without_rows(e.full_message(highlight: false).scrub)
      busy = defined?(ActiveRecord::ConcurrentMigrationError) && e.is_a?(ActiveRecord::ConcurrentMigrationError)
      [busy ? BUSY : UNEXPECTED, { outcome: busy ? "busy" : "failed", error: Charm.first_line(e) }]
    end
  end
end

namespace :charm do
  desc "Migrate and seed the database, and say what came of it"
  task :migrate do
    Charm.finish(*Charm::Migration.outcome)
  end
end
