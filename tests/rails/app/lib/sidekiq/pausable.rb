# frozen_string_literal: true

# Imitates the pause of Discourse's Sidekiq: a key that a thread of the pausing process keeps alive.
class SidekiqPauser
  PAUSED_KEY = "sidekiq_is_paused_v2"

  def pause!(value = "paused")
    Discourse.redis.setex(PAUSED_KEY, Lease.seconds, value)
    @lease ||= Lease.new(PAUSED_KEY)
    true
  end

  def paused?
    !Discourse.redis.get(PAUSED_KEY).nil?
  end

  def unpause!
    @lease&.end
    @lease = nil
    Discourse.redis.del(PAUSED_KEY)
    true
  end
end

# What Discourse adds to Sidekiq.
module Sidekiq
  @pauser = SidekiqPauser.new

  class << self
    def pause!(reason = "paused")
      @pauser.pause!(reason)
    end

    def paused?
      @pauser.paused?
    end

    def unpause!
      @pauser.unpause!
    end
  end

  # A job of a paused site is tried again later.
  class Pausable
    DELAY = 5

    def call(worker, job, _queue)
      return yield unless job["args"]&.first&.dig("current_site_id") && Sidekiq.paused?

      worker.class.perform_in(DELAY, *job["args"])
    end
  end
end
