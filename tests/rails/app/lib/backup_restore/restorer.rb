# frozen_string_literal: true

module BackupRestore
  # Imitates a restore: the order of its steps, what it undoes after which end, and a refusal that cleans up after somebody else.
  class Restorer
    delegate :log, to: :@logger, private: true

    attr_reader :success

    def initialize(user_id:, filename:, factory:, disable_emails: true, location: nil, interactive: false)
      raise RestoreDisabledError unless SiteSetting.allow_restore?

      @user = User.find_by(id: user_id) or raise Discourse::InvalidParameters, "user_id"
      raise FilenameMissingError if filename.nil?

      @filename = filename
      @factory = factory
      @logger = factory.logger
      @disable_emails = disable_emails
      @interactive = interactive
      @success = false
      create_parts(location)
    end

    # Undoes nothing where a signal ends it, which is neither of the two errors.
    def run
      log "[STARTED]"
      log "'#{@user.username}' has started the restore!"
      make
    rescue SystemExit
      log "The restore was cancelled"
      @database_restorer.rollback
    rescue StandardError => e
      log "EXCEPTION: #{e.message}"
      log e.backtrace.join("\n")
      @database_restorer.rollback
    else
      @success = true
    ensure
      clean_up
      log "Finished!"
      log @success ? "[SUCCESS]" : "[FAILED]"
    end

    private

    def create_parts(location)
      current_db = RailsMultisite::ConnectionManagement.current_db
      @system = @factory.create_system_interface
      @backup_file_handler = @factory.create_backup_file_handler(@filename, current_db, location)
      @database_restorer = @factory.create_database_restorer(current_db)
      @uploads_restorer = @factory.create_uploads_restorer
    end

    # Two at the same moment see no lock of each other.
    def make
      raise OperationRunningError if BackupRestore.is_operation_running?

      @system.mark_restore_as_running
      @system.listen_for_shutdown_signal
      @tmp_directory, dump = @backup_file_handler.decompress
      @factory.create_meta_data_handler(@filename, @tmp_directory).validate
      empty_the_forum
      @database_restorer.restore(dump, @interactive)
      reload_site_settings
      @system.disable_readonly_mode
      Steps.reach("uploads")
      @uploads_restorer.restore(@tmp_directory)
    end

    def empty_the_forum
      @system.enable_readonly_mode
      @system.pause_sidekiq("restore")
      @system.wait_for_sidekiq
      @system.flush_redis
      @system.clear_sidekiq_queues
    end

    def reload_site_settings
      Steps.reach("settings")
      log "Reloading site settings..."
      SiteSetting.refresh!
      return unless @disable_emails && SiteSetting.disable_emails == "no"

      log "Disabling mail to all but staff..."
      SiteSetting.set_and_log(:disable_emails, "non-staff")
    end

    def clean_up
      log "Cleaning up..."
      @database_restorer.clean_up
      @backup_file_handler.clean_up
      @system.unpause_sidekiq
      @system.disable_readonly_mode if Discourse.readonly_mode?
      @system.mark_restore_as_not_running
    end
  end
end
