# frozen_string_literal: true

require "sidekiq/api"

# Imitates Discourse's jobs: each is a class in Jobs, and its arguments name the site.
module Jobs
  class Base
    include Sidekiq::Worker

    def perform(arguments)
      Knobs.sleep("job-sleep")
      execute(arguments.symbolize_keys.except(:current_site_id))
    end
  end

  # A job that leaves a row in the database.
  class TestJob < Base
    def execute(_arguments)
      DB.exec("INSERT INTO performed_jobs (jid, name, hostname, performed_at) VALUES (?, 'test_job', ?, now())", jid, Socket.gethostname)
    end
  end

  # What follows when a post was cooked.
  class ProcessPost < Base
    sidekiq_options queue: "ultra_low"

    def execute(arguments)
      DB.exec("UPDATE posts SET processed_at = now() WHERE id = ?", arguments[:post_id])
    end
  end

  class << self
    # In this process rather than in Sidekiq.
    def run_immediately!
      @immediately = true
    end

    def run_later!
      @immediately = false
    end

    # The identity of the new job.
    def enqueue(name, arguments = {})
      queue = arguments.delete(:queue)
      worker = const_get(name.to_s.camelize)
      return worker.new.execute(arguments) if @immediately

      worker = worker.set(queue: queue.to_s) if queue
      worker.perform_async(arguments.stringify_keys.merge("current_site_id" => RailsMultisite::ConnectionManagement.current_db))
    end

    def performed?(id)
      DB.query_single("SELECT 1 FROM performed_jobs WHERE jid = ?", id).any?
    end

    # How many wait, and how long the oldest has done so.
    def waiting
      queue = Sidekiq::Queue.new("default")
      [queue.size, queue.latency]
    end
  end
end
