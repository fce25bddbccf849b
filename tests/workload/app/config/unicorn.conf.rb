# frozen_string_literal: true

# The variables that Discourse's own file reads, with its defaults.
port = ENV.fetch("UNICORN_PORT", "3000")
address = ENV["UNICORN_BIND_ALL"] ? "" : "127.0.0.1:"

working_directory File.expand_path("..", __dir__)
worker_processes Integer(ENV.fetch("UNICORN_WORKERS", "3"))
listen ENV["UNICORN_LISTENER"] || "#{address}#{port}"
timeout 30
preload_app true
check_client_connection false

queue_workers_started = false

before_fork do |_server, _worker|
  ActiveRecord::Base.disconnect!
  Discourse.disconnect_redis!
  unless queue_workers_started
    queue_workers_started = true
    Integer(ENV.fetch("UNICORN_SIDEKIQS", "0")).times { QueueWorker.start }
  end
end
