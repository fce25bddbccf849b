# frozen_string_literal: true

require "sidekiq/api"

module BackupRestore
  class RunningSidekiqJobsError < RuntimeError
    def initialize(message = "Sidekiq did not finish running all the jobs in the allowed time!")
      super
    end
  end

  # Imitates what a restore does to Redis and to Sidekiq: pause, wait for running jobs, delete all keys and all jobs of the site.
  class SystemInterface
    # Sidekiq writes every five seconds what it is doing.
    WAIT = 6.0
    LONGEST_WAIT = 60

    delegate :log, to: :@logger, private: true

    def initialize(logger)
      @logger = logger
      @was_readonly = Discourse.readonly_mode?
    end

    def enable_readonly_mode
      return if @was_readonly

      Steps.reach("readonly")
      log "Enabling readonly mode..."
      Discourse.enable_readonly_mode
    end

    def disable_readonly_mode
      return if @was_readonly

      log "Disabling readonly mode..."
      attempt { Discourse.disable_readonly_mode }
    end

    def mark_restore_as_running
      BackupRestore.mark_as_running!
      Steps.reach("mark")
    end

    def mark_restore_as_not_running
      attempt { BackupRestore.mark_as_not_running! }
    end

    def listen_for_shutdown_signal
      BackupRestore.listen_for_shutdown_signal
    end

    def pause_sidekiq(reason = "restore")
      return if Sidekiq.paused?

      Steps.reach("pause")
      log "Pausing sidekiq..."
      Sidekiq.pause!(reason)
    end

    def unpause_sidekiq
      return unless Sidekiq.paused?

      log "Unpausing sidekiq..."
      attempt { Sidekiq.unpause! }
    end

    def wait_for_sidekiq
      step = Float(Knobs["restore-wait"] || WAIT)
      (LONGEST_WAIT / WAIT).ceil.times do |number|
        Steps.reach("wait")
        log "Waiting for running jobs: ##{number + 1}"
        sleep step
        return unless sidekiq_has_running_jobs?
      end
      raise RunningSidekiqJobsError
    end

    # All of the site but the pause; the lock and the read-only flag, too.
    def flush_redis
      Steps.reach("flush")
      Discourse.redis.scan_each { |key| Discourse.redis.del(key) unless key == SidekiqPauser::PAUSED_KEY }
    end

    def clear_sidekiq_queues
      Steps.reach("queues")
      [*Sidekiq::Queue.all, Sidekiq::RetrySet.new, Sidekiq::ScheduledSet.new, Sidekiq::DeadSet.new].each do |set|
        set.each { |job| job.delete if job.args.first.try(:[], "current_site_id") == RailsMultisite::ConnectionManagement.current_db }
      end
    end

    private

    # Newer versions of Sidekiq have an object for what older ones have a hash for.
    def sidekiq_has_running_jobs?
      Sidekiq::Workers.new.any? do |_, _, work|
        job = work.respond_to?(:job) ? work.job : Sidekiq::JobRecord.new(work["payload"])
        site = job.args.first.try(:[], "current_site_id")
        site.blank? || site == RailsMultisite::ConnectionManagement.current_db
      end
    end

    def attempt
      yield
    rescue StandardError => e
      log "Something went wrong at the end of the restore", e
    end
  end
end
