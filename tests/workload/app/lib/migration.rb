# frozen_string_literal: true

module ActiveRecord
  # The base class of the files in db/migrate, announcing itself as Rails' does.
  class Migration
    WIDTH = 79

    def self.[](_version)
      self
    end

    def initialize(version)
      @version = version
    end

    def execute(sql)
      puts "-- execute(#{sql.strip.lines.first.strip.inspect})"
      ActiveRecord::Base.query(sql)
    end

    def migrate
      announce("migrating")
      started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      Knobs.sleep("migration-sleep")
      raise "told to fail by a test" if Knobs["migrate-fail"] == @version

      up
      seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
      announce(format("migrated (%.4fs)", seconds))
      puts
    end

    private

    def announce(message)
      text = "#{@version} #{self.class.name}: #{message}"
      puts "== #{text} #{'=' * [0, WIDTH - text.length - 4].max}"
    end
  end
end
