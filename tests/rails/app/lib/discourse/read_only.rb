# frozen_string_literal: true

module Discourse
  # Imitates read-only mode: a key in Redis that a thread of this process keeps alive, and that ends a minute after the process.
  module ReadOnly
    KEY = "readonly_mode"

    def enable_readonly_mode
      redis.setex(KEY, Lease.seconds, 1)
      @readonly_lease = Lease.new(KEY)
      true
    end

    def disable_readonly_mode
      @readonly_lease&.end
      redis.del(KEY)
      true
    end

    def readonly_mode?
      !redis.get(KEY).nil?
    end
  end
end
