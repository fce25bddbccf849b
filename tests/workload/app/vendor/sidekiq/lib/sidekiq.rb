# frozen_string_literal: true

require_relative "../../../lib/application"

$stdout.sync = true
Application.boot("sidekiq")
QueueWorker.new.run
