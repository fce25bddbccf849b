# frozen_string_literal: true

# The task charm:migrate. charm.rake has what it shares with charm:user.
module Charm
  # db:migrate, but with failures that its exit code hides.
  module Migration
    SEED_FAILED = 3
    BUSY = 75
    # It would need node and pnpm; the image contains its result.
    ASSETS = { "assets:precompile:asset_processor" => "tmp/asset-processor.js",
               "assets:precompile:theme_transpiler" => "tmp/theme-transpiler.js" }.freeze

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
      raise ActiveRecord::ConcurrentMigrationError if ENV["EMPTY_DATABASE_ONLY"] == "1" && !empty?
      SeedFu.singleton_class.prepend(SeedWatch)
      task = Rake::Task["db:migrate"]
      ASSETS.each { |name, file| task.prerequisites.delete(name) if File.exist?(file) }
      task.invoke
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
      warn e.full_message(highlight: false)
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
