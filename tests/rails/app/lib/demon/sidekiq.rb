# frozen_string_literal: true

module Demon
  # Imitates Discourse's launcher of Sidekiq: a child of Unicorn's master that ends when that is gone.
  class Sidekiq
    QUEUES = %w[critical,8 default,4 low,2 ultra_low,1].freeze

    def self.start
      master = Process.pid
      fork { new(master).run }
    end

    def initialize(master)
      @master = master
    end

    def run
      $PROGRAM_NAME = "sidekiq (starting)"
      %w[TERM INT QUIT USR1 USR2 HUP CHLD WINCH TTIN TTOU].each { |signal| trap(signal, "DEFAULT") }
      Unicorn::HttpServer::LISTENERS.each(&:close)
      Discourse.after_fork
      watch_master
      work
    end

    private

    # The initializer again, for now this process is a server, which needs more connections.
    def work
      require "sidekiq/cli"
      cli = ::Sidekiq::CLI.instance
      cli.parse(["-c", GlobalSetting.sidekiq_workers.to_s, "-t", "5", *QUEUES.flat_map { |queue| ["-q", queue] }])
      load Rails.root.join("config/initializers/sidekiq.rb")
      cli.run
    end

    def watch_master
      Thread.new do
        sleep 0.2 while Process.ppid == @master
        Process.kill("TERM", Process.pid)
      end
    end
  end
end
