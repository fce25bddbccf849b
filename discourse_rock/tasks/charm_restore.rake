# frozen_string_literal: true

# The task charm:restore. charm_operation.rake has what it shares with the other operations.
module Charm
  # The comment on the schema in which the old forum waits: while it is there, a restore is running or was interrupted.
  class Mark
    START = "charm-restore "
    CURRENT = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'backup'"

    def initialize(lock, text)
      @lock = lock
      @text = text
    end

    def current
      @lock.value(CURRENT)
    end

    def set
      @lock.rows("BEGIN; CREATE SCHEMA IF NOT EXISTS backup; COMMENT ON SCHEMA backup IS #{@lock.quote(@text)}; COMMIT")
    end

    def remove
      @lock.rows("COMMENT ON SCHEMA backup IS NULL")
    end
  end

  # What the two schemas hold, by identity: a table that is moved away and back is the same.
  class Schemas
    OBJECTS = <<~SQL
      SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = '%<schema>s' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
         AND NOT EXISTS (SELECT 1 FROM pg_depend d
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      UNION ALL
      SELECT t.oid FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
       WHERE n.nspname = '%<schema>s' AND t.typtype = 'e'
       ORDER BY 1
    SQL

    def initialize(lock)
      @lock = lock
    end

    def objects(schema)
      @lock.rows(format(OBJECTS, schema: schema)).flatten
    end
  end

  # A restore that can always be told: the mark is set before anything is changed, and removed only where the forum is whole, be it
  # the restored one or the old one.
  class Restore
    FILE = /\A[A-Za-z0-9][A-Za-z0-9._-]{0,250}\.(?:tar\.gz|tgz|sql\.gz)\z/
    TEXT = /\A#{Mark::START}[ -~]{1,400}\z/
    EMAILS = "SELECT value FROM public.site_settings WHERE name = 'disable_emails'"

    def self.parameters
      {
        "backup" => ->(value) { value.is_a?(String) && FILE.match?(value) },
        "location" => ->(value) { %w[local s3].include?(value) },
        "disable_emails" => Parameters::BOOLEAN,
        "mark" => ->(value) { value.is_a?(String) && TEXT.match?(value) }
      }
    end

    # Whether Discourse's own mark was left by a killed restore: nobody else may begin while the charm's mark is set.
    def self.left_over?(lock)
      lock.value(Mark::CURRENT).to_s.start_with?(Mark::START)
    end

    def initialize(request, lock)
      @request = request
      @lock = lock
      @mark = Mark.new(lock, request["mark"])
      @schemas = Schemas.new(lock)
    end

    def prepare
      refuse_if_interrupted
      @before = @schemas.objects("public")
      ENV["DISCOURSE_ALLOW_RESTORE"] = "true"
    end

    def perform
      @mark.set
      restored = restore
      @mark.remove
      { restored: @request["backup"], emails: restored }
    rescue StandardError, SignalException, SystemExit
      settle
      raise
    end

    private

    # The tables there may be the only copy of the forum, and Discourse would drop those whose names it needs.
    def refuse_if_interrupted
      other = @mark.current.to_s
      raise "the restore was called off, or schema backup has another mark: #{other}" unless own?(other)

      return if @schemas.objects("backup").empty?

      raise "schema backup is not empty, which restore-backup with discard-previous=true drops"
    end

    # The charm marks a restore when it is asked for; it has begun when this task says so.
    def own?(mark)
      [@request["mark"], @request["mark"].sub(" begun ", " asked ")].include?(mark)
    end

    def restore
      CharmPatches.own_restore = true
      factory = BackupRestore::Factory.new(user_id: Discourse.system_user.id)
      factory.logger.singleton_class.prepend(Steps)
      restorer = restorer(factory)
      note_emails(restorer)
      restorer.run
      raise(factory.logger.failure || "the restore was cancelled") unless restorer.success

      @emails == @lock.value(EMAILS) ? "unchanged" : "disabled"
    end

    def restorer(factory)
      BackupRestore::Restorer.new(
        user_id: Discourse.system_user.id, filename: @request["backup"], factory: factory,
        disable_emails: @request["disable_emails"], location: @request["location"]
      )
    end

    # What the backup says of outgoing mail, before Discourse changes it.
    def note_emails(restorer)
      note = -> { @emails = @lock.value(EMAILS) }
      restorer.singleton_class.prepend(Module.new do
        define_method(:reload_site_settings) do |*arguments|
          note.call
          super(*arguments)
        end
      end)
    end

    # Discourse moves the old tables back after an error, but not after a signal. The mark goes only if all of them are there.
    def settle
      @mark.remove if @schemas.objects("public") == @before && @schemas.objects("backup").empty?
    rescue StandardError => e
      warn Operation.line(e) # the mark stays, as it must
    end
  end
end

namespace :charm do
  desc "Restore a backup of the forum: one JSON object in CHARM_REQUEST"
  task :restore do
    Charm::Operation.run("restore", Charm::Restore)
  end
end
