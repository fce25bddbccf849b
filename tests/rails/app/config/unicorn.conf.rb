# frozen_string_literal: true

# Imitates Discourse's file: its variables and defaults, and Sidekiq as a child of the master.

port = ENV.fetch("UNICORN_PORT", "3000")
address = ENV["UNICORN_BIND_ALL"] ? "" : "127.0.0.1:"

working_directory File.expand_path("..", __dir__)
worker_processes Integer(ENV.fetch("UNICORN_WORKERS", "3"))
listen ENV["UNICORN_LISTENER"] || "#{address}#{port}"
# In production, what goes to standard output and standard error goes to files.
if ENV["RAILS_ENV"] == "production"
  stderr_path File.expand_path("../log/unicorn.stderr.log", __dir__)
  stdout_path File.expand_path("../log/unicorn.stdout.log", __dir__)
end
timeout 30
preload_app true
check_client_connection false

children_started = false

after_fork do |_server, _worker|
  Discourse.after_fork
  SiteSetting.title
rescue ActiveRecord::ActiveRecordError => e
  warn "worker: #{e.message}"
end

before_fork do |_server, _worker|
  Discourse.before_fork
  unless children_started
    children_started = true
    Collector.start
    Integer(ENV.fetch("UNICORN_SIDEKIQS", "0")).times { Demon::Sidekiq.start }
  end
end
