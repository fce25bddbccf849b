# frozen_string_literal: true

# Imitates how Discourse keeps a key in Redis: a thread sets its expiry anew. One that is gone does not come back by that.
class Lease
  SECONDS = 60

  # The knob shortens it.
  def self.seconds
    Integer(Knobs["lease"] || SECONDS)
  end

  def initialize(key)
    @thread = Thread.new do
      loop do
        sleep self.class.seconds / 2.0
        Discourse.redis.expire(key, self.class.seconds)
      rescue Redis::BaseError => e
        warn "lease of #{key}: #{e.message}"
      end
    end
  end

  def end
    @thread.kill
  end
end
