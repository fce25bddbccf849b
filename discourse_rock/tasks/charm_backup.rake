# frozen_string_literal: true

# The task charm:backup. charm_operation.rake has what it shares with the other operations.
module Charm
  # A backup as from the admin page, with the charm's parameters in place of site settings.
  class Backup
    NAME = /\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z/
    # A variable stands over the setting of that name, and nothing is left behind if the operation is killed.
    SETTING = "DISCOURSE_INCLUDE_S3_UPLOADS_IN_BACKUPS"

    def self.parameters
      {
        "name" => ->(value) { value.nil? || (value.is_a?(String) && NAME.match?(value)) },
        "uploads" => Parameters::BOOLEAN, "s3_uploads" => Parameters::BOOLEAN
      }
    end

    def initialize(request, _lock)
      @request = request
    end

    def prepare
      ENV[SETTING] = @request["s3_uploads"].to_s
    end

    def perform
      creator = creator_class.new(Discourse.system_user.id, filename: filename, with_uploads: @request["uploads"])
      creator.singleton_class.prepend(Steps)
      name = creator.run
      raise(creator.failure || "the backup was cancelled") unless creator.success

      describe(name)
    end

    private

    # Discourse adds the time to the title of the forum only, and a backup of the same name would take the place of an earlier one.
    def filename
      name = @request["name"]
      name && "#{name}-#{Time.now.utc.strftime('%Y-%m-%d-%H%M%S')}"
    end

    def creator_class
      BackupRestore.const_defined?(:Creator) ? BackupRestore::Creator : BackupRestore::Backuper
    end

    # A backup counts only if it is listed.
    def describe(name)
      store = BackupRestore::BackupStore.create
      file = store.file(name) || raise("the backup #{name} is not there")
      { backup: name, size: file.size, location: store.remote? ? "s3" : "local" }
    end
  end
end

namespace :charm do
  desc "Back up the forum: one JSON object in CHARM_REQUEST"
  task :backup do
    Charm::Operation.run("backup", Charm::Backup)
  end
end
