# frozen_string_literal: true

# The task charm:migrate_uploads. charm_operation.rake has what it shares with the other operations.
module Charm
  # Moves the uploads of this pod to S3, without the question that uploads:migrate_to_s3 asks.
  class MigrateUploads
    FILES = "public/uploads/default/original/**/*"

    # Discourse says what it is doing.
    module Progress
      def log(message)
        Operation.count(message.to_s) unless message.to_s.empty?
        super
      end
    end

    def self.parameters
      { "dry_run" => Parameters::BOOLEAN }
    end

    def initialize(request, _lock)
      @dry_run = request["dry_run"]
    end

    def prepare; end

    # The files stay here; those that the bucket has are not sent again.
    def perform
      Operation.marked { move }
    end

    private

    def move
      files = Dir[FILES].count { |file| File.file?(file) }
      Operation.progress("#{files} files")
      migration = FileStore::ToS3Migration.new(s3_options: FileStore::ToS3Migration.s3_options_from_env, dry_run: @dry_run)
      migration.singleton_class.prepend(Progress)
      attempt(migration)
      { files: files }
    end

    # A dry run leaves everything where it is, and Discourse then complains that it is still there. But uploads of its first years are
    # moved to other addresses before it looks whether it is one.
    def attempt(migration)
      if @dry_run && !migration.send(:uploads_migrated_to_new_scheme?)
        raise "some uploads have addresses of an old form, which no dry run leaves alone: dry-run=false moves them as well"
      end

      migration.migrate
    rescue FileStore::ToS3MigrationError
      raise unless @dry_run
    end
  end
end

namespace :charm do
  desc "Move the uploads of this pod to S3: one JSON object in CHARM_REQUEST"
  task :migrate_uploads do
    Charm::Operation.run("migrate-uploads", Charm::MigrateUploads)
  end
end
