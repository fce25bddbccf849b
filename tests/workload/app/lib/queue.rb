# frozen_string_literal: true

require "json"
require "socket"

# Background jobs: a list in Redis, performed by a process forked from the master.
module Jobs
  QUEUE = "queue:default"

  # Queue a job; its identity is returned.
  def self.enqueue(name, arguments = {})
    id = SecureRandom.hex(12)
    Discourse.queue_redis.lpush(QUEUE, JSON.generate("jid" => id, "name" => name, "args" => arguments,
                                                     "enqueued_at" => Time.now.to_f))
    id
  end

  # Performing a job leaves a row in the database.
  def self.perform(text)
    job = JSON.parse(text)
    Knobs.sleep("job-sleep")
    ActiveRecord::Base.query(
      "INSERT INTO performed_jobs (jid, name, hostname, performed_at) VALUES ($1, $2, $3, now())",
      job["jid"], job["name"], Socket.gethostname
    )
  end

  # How many wait, and how long the oldest has done so.
  def self.waiting
    oldest = Discourse.queue_redis.lindex(QUEUE, -1)
    [Discourse.queue_redis.llen(QUEUE), oldest ? Time.now.to_f - JSON.parse(oldest).fetch("enqueued_at", 0) : 0]
  end

  def self.performed?(id)
    !ActiveRecord::Base.query("SELECT 1 FROM performed_jobs WHERE jid = $1", id).empty?
  end
end

# The process that performs the jobs: a child of Unicorn's master, or one of its own.
class QueueWorker
  def self.start
    master = Process.pid
    fork { new(master).run }
  end

  def initialize(master = nil)
    @master = master
    @stopping = false
  end

  # Until told to stop, or until the master is gone; TSTP lets it begin no more jobs.
  def run
    $PROGRAM_NAME = "sidekiq (queue worker)"
    %w[TERM INT].each { |signal| trap(signal) { @stopping = !Knobs["sidekiq-stubborn"] } }
    trap("TSTP") { @quiet = true }
    %w[QUIT USR1 USR2 HUP CHLD WINCH TTIN TTOU].each { |signal| trap(signal, "DEFAULT") }
    @memory = "x" * (Integer(Knobs["sidekiq-memory"] || 0) * 1024 * 1024)
    @quiet ? sleep(0.1) : perform_next until @stopping || orphaned?
    exit!(0)
  end

  private

  def orphaned?
    @master && Process.ppid != @master
  end

  def perform_next
    _, text = Discourse.queue_redis.brpop(Jobs::QUEUE, timeout: 1)
    return unless text

    Jobs.perform(text)
    puts "sidekiq: performed #{text}"
  rescue Redis::BaseError, ActiveRecord::ActiveRecordError => e
    warn "queue worker: #{e.message}"
    Discourse.queue_redis.rpush(Jobs::QUEUE, text) if text
    sleep 1
  end
end
