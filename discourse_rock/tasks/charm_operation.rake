# frozen_string_literal: true

# What the charm's long operations have in common: parameters, the lock, progress and the result line. charm.rake has the rest.

require "json"
require "monitor"

module Charm
  # One operation at a time: an advisory lock in PostgreSQL, in a session of its own.
  #
  # The processes that rake starts inherit the socket of that session, so that the lock is held until the last of them has ended,
  # even if rake itself is killed: while psql still loads a dump, the operation is running.
  class Lock
    KEYS = [584_792, 1].freeze
    INTERVAL = 2 # seconds between two looks whether the session still exists
    KEEPALIVE = { "tcp_keepalives_idle" => 30, "tcp_keepalives_interval" => 10, "tcp_keepalives_count" => 3 }.freeze
    PARAMETERS = { host: "HOST", port: "PORT", dbname: "NAME", user: "USERNAME", password: "PASSWORD" }.freeze

    # nil if another operation holds it.
    def self.take(job)
      require "pg"
      parameters = PARAMETERS.transform_values { |name| ENV["DISCOURSE_DB_#{name}"] }.reject { |_, value| value.to_s.empty? }
      connection = PG.connect(application_name: "charm-#{job}", connect_timeout: 10, **parameters)
      return new(connection) if connection.exec("SELECT pg_try_advisory_lock(#{KEYS.join(', ')})").getvalue(0, 0) == "t"

      connection.close
      nil
    end

    def initialize(connection)
      @connection = connection
      @monitor = Monitor.new
      connection.socket_io.close_on_exec = false
      connection.set_error_verbosity(PG::PQERRORS_TERSE) # details quote rows
      KEEPALIVE.each { |name, value| connection.exec("SET #{name} TO #{value}") } # a lost node must not hold it for hours
      watch
    end

    # Rows as arrays of text, of the session that has the lock.
    def rows(sql)
      @monitor.synchronize { @connection.exec(sql).values }
    end

    def value(sql)
      rows(sql).first&.first
    end

    # How many rows a statement changed.
    def change(sql)
      @monitor.synchronize { @connection.exec(sql).cmd_tuples }
    end

    # All that the block does, or nothing if it ends with an error or a signal. Meanwhile nobody else asks in this session: an aborted
    # transaction refuses everything, and would be taken for a lost session.
    def transaction(&block)
      @monitor.synchronize { @connection.transaction(&block) }
    rescue PG::Error => e
      raise e.cause || e # in a lost session ROLLBACK fails as well, which says less
    end

    def quote(text)
      @connection.escape_literal(text)
    end

    private

    # An operation without its lock is ended at once, with everything that it started: another one may begin.
    def watch
      Thread.new do
        loop do
          sleep INTERVAL
          rows("SELECT 1")
        end
      rescue PG::Error => e
        abandon(e)
      end
    end

    def abandon(error)
      Charm.report(error: "#{Operation.line(error)} (the session with the lock of the operation is lost)")
      Process.kill("KILL", 0) if Process.getpgrp == Process.pid
      exit!(UNEXPECTED)
    end
  end

  # The JSON object in CHARM_REQUEST, checked before Rails boots.
  class Parameters
    VARIABLE = "CHARM_REQUEST"

    # Each parameter has what its value must satisfy, as ===.
    def self.read(known)
      values = JSON.parse(ENV.fetch(VARIABLE, ""))
      raise Refusal.invalid(["#{VARIABLE} is not a JSON object"]) unless values.is_a?(Hash)

      check(values, known)
      values
    rescue JSON::ParserError, EncodingError # its message quotes the input
      raise Refusal.invalid(["#{VARIABLE} is not JSON"])
    end

    def self.check(values, known)
      problems = (values.keys - known.keys).map { |key| "#{key.scrub} is not a known key" }
      problems += known.reject { |key, form| values.key?(key) && form === values[key] }.keys.map { |key| "#{key} is missing or not valid" }
      raise Refusal.invalid(problems) unless problems.empty?
    end
    private_class_method :check

    BOOLEAN = ->(value) { [true, false].include?(value) }
    TEXT = ->(value) { value.is_a?(String) && value.valid_encoding? && !value.include?("\0") && !value.empty? }
  end

  # Runs one operation, from its parameters to its result.
  module Operation
    BUSY = 75
    # Discourse's own mark that a backup or a restore is running.
    RUNNING = "default:backup_restore_operation_is_running"
    LEASE = 65 # seconds: longer than that mark lives
    SECRETS = /PASSWORD|SECRET|TOKEN|ACCESS_KEY/

    class Busy < StandardError; end

    # Print the result of an operation and end the process. `work` is a class that knows its parameters and has the methods
    # prepare, which runs before Rails boots, and perform, whose value is the result.
    def self.run(job, work)
      $stdout.sync = true
      Charm.finish(*outcome(job, work))
    end

    def self.outcome(job, work)
      [DONE, perform(job, work)]
    rescue Busy
      [BUSY, { busy: true }]
    rescue Refusal => e
      [e.code, { error: ([e.message] + e.messages).join("; ").tr('"', "'") }]
    rescue StandardError, SignalException, SystemExit => e
      warn redact(e.full_message(highlight: false))
      [UNEXPECTED, { error: line(e) }]
    end

    def self.perform(job, work)
      request = Parameters.read(work.parameters)
      lock = Lock.take(job) || raise(Busy)
      raise Busy if running? && !(work.respond_to?(:left_over?) && work.left_over?(lock) && expired?)

      operation = work.new(request, lock)
      operation.prepare
      boot
      operation.perform
    end
    private_class_method :perform

    # Whether Discourse's mark ends by itself, because whoever renewed it is gone.
    def self.expired?
      LEASE.times.any? { sleep(1) && !running? }
    end
    private_class_method :expired?

    # Asked before Discourse is: one that is told to begin while another runs cleans up after that.
    def self.running?
      require "redis"
      options = { host: "HOST", port: "PORT", db: "DB", username: "USERNAME", password: "PASSWORD" }
      options = options.transform_values { |name| ENV["DISCOURSE_REDIS_#{name}"] }.reject { |_, value| value.to_s.empty? }
      options[:ssl] = true if ENV["DISCOURSE_REDIS_USE_SSL"] == "true"
      redis = Redis.new(timeout: 5, **options)
      !redis.get(RUNNING).nil?
    ensure
      redis&.close
    end

    def self.boot
      progress("starting Discourse")
      Rake::Task["environment"].invoke
      raise Busy if BackupRestore.is_operation_running?
    end
    private_class_method :boot

    # Do what a backup or a restore of Discourse must not see half done: with its mark set, it begins none. If this process is killed,
    # the mark ends by itself within a minute.
    def self.marked
      raise Busy if BackupRestore.is_operation_running?

      begin
        BackupRestore.mark_as_running!
        yield
      ensure
        unmark
      end
    end

    def self.unmark
      BackupRestore.mark_as_not_running!
    rescue StandardError => e
      warn line(e)
    end
    private_class_method :unmark

    # What the charm shows while the operation runs.
    def self.progress(text)
      puts "", "charm-progress: #{redact(text)[0, 200].tr("\r\n", ' ')}"
    end

    # The same, but at most once in a second.
    def self.count(text)
      now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      return if @counted && now - @counted < 1

      @counted = now
      progress(text)
    end

    # Class and first line of an error, without secrets.
    def self.line(error)
      Charm.first_line(error, *secrets)[0, 250]
    end

    def self.redact(text)
      Charm.mask(Charm.without_rows(text.dup.force_encoding(Encoding::UTF_8).scrub), secrets)
    end

    # Passwords and keys in the environment. Very short ones would hide other text.
    def self.secrets
      ENV.filter_map { |name, value| value if name.match?(SECRETS) && value.size >= 4 }
    end
    private_class_method :secrets
  end

  # Shows the steps that Discourse's own classes log, and keeps the error that they only log.
  module Steps
    STEP = /\.\.\.\z|\Apg_dump: dumping contents of/

    attr_reader :failure

    def log(message, error = nil)
      text = message.to_s.scrub
      Operation.count(text) if text.match?(STEP)
      @failure ||= $! if text.start_with?("EXCEPTION: ", "ERROR: ") # the one that is being rescued
      super(Operation.redact(text))
      warn Operation.redact(error.full_message(highlight: false)) if error
    end
  end
end
