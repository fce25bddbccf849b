# frozen_string_literal: true

require "raindrops"

# Numbers that are true of this forum, under the names that Discourse's plugin gives them.
module Metrics
  VERBS = %w[GET HEAD POST].freeze
  STATUSES = [200, 202, 404, 500].freeze
  REQUESTS = VERBS.product(STATUSES).freeze
  # In memory that all processes of this server share.
  COUNTS = Raindrops.new(REQUESTS.size)
  # The address that the plugin looks at, whatever Unicorn listens on.
  LISTENER = "0.0.0.0:3000"

  class << self
    def count(verb, status)
      index = REQUESTS.index([verb, status])
      COUNTS.incr(index) if index
    end

    # The text that Prometheus reads; `master` is the process that has the others as children.
    def text(master, collector)
      lines = [*requests, *listener, *processes(master), *queue]
      collector.each { |name, value| lines << ["collector_#{name}", {}, value] }
      lines.map { |name, labels, value| "discourse_#{name}#{braces(labels)} #{value}\n" }.join
    end

    private

    def braces(labels)
      "{#{labels.map { |name, value| "#{name}=\"#{value}\"" }.join(',')}}" unless labels.empty?
    end

    def requests
      REQUESTS.zip(COUNTS.to_ary).reject { |_, count| count.zero? }.map do |(verb, status), count|
        ["http_requests", { db: "default", api: "web", verb: verb, status: status }, count]
      end
    end

    def listener
      stats = listener_stats(ENV.fetch("UNICORN_LISTENER", nil))
      [["active_app_reqs", {}, stats&.active.to_i], ["queued_app_reqs", {}, stats&.queued.to_i]]
    end

    # The plugin takes a listener from the environment for a socket in a file; there is none at an address.
    def listener_stats(socket)
      return Raindrops::Linux.unix_listener_stats([socket])[socket] if socket

      Raindrops::Linux.tcp_listener_stats([LISTENER])[LISTENER]
    end

    def processes(master)
      children = children_of(master)
      memory = children.map { |pid, type| ["rss", { type: type, pid: pid }, resident(pid)] }
      memory << ["sidekiq_processes", {}, sidekiqs]
    end

    # Wherever they were started; Discourse knows them from Redis.
    def sidekiqs
      Dir.glob("/proc/[0-9]*").count { |folder| type_of(File.basename(folder)) == "sidekiq" }
    end

    # Type by process number.
    def children_of(master)
      pids = File.read("/proc/#{master}/task/#{master}/children").split
      pids.to_h { |pid| [pid, type_of(pid)] }.compact
    end

    def type_of(pid)
      name = File.read("/proc/#{pid}/cmdline")
      { "unicorn worker" => "web", "sidekiq " => "sidekiq" }.find { |start, _| name.start_with?(start) }&.last
    rescue SystemCallError
      nil
    end

    def resident(pid)
      File.read("/proc/#{pid}/statm").split[1].to_i * 4096
    rescue SystemCallError
      0
    end

    def queue
      count, age = Jobs.waiting
      [["sidekiq_jobs_enqueued", { queue: "default" }, count],
       ["sidekiq_queue_latency_seconds", { queue: "default" }, age.round(3)],
       ["redis_primary_available", { type: "main" }, 1]]
    rescue Redis::BaseError
      [["redis_primary_available", { type: "main" }, 0]]
    end
  end
end
