# frozen_string_literal: true

require "redis"
require "securerandom"

# The module of the same name: Redis, the secret key, the system user.
module Discourse
  SYSTEM_USER_ID = -1
  SECRET_FORM = /\A[0-9a-f]{128}\z/

  class << self
    def redis
      @redis ||= connect(GlobalSetting.redis_db)
    end

    # Background jobs live in the next database.
    def queue_redis
      @queue_redis ||= connect(GlobalSetting.redis_db.to_i + 1)
    end

    def disconnect_redis!
      [@redis, @queue_redis].compact.each(&:close)
      @redis = @queue_redis = nil
    end

    # An old Redis ends the boot; one that is out of reach is only mentioned.
    def check_redis!
      version = redis.info("server")["redis_version"]
      return unless Gem::Version.new(version) < Gem::Version.new("6.2.0")

      abort "Discourse requires Redis 6.2.0 or up, this is #{version}"
    rescue Redis::BaseError => e
      warn "Redis is not available: #{e.message}"
    end

    # From the environment, else the one that all units share in Redis.
    def secret_key_base
      @secret_key_base ||= configured_secret || shared_secret
    end

    def system_user
      User.find(SYSTEM_USER_ID)
    end

    def skip_post_deployment_migrations?
      %w[1 true].include?(ENV["SKIP_POST_DEPLOYMENT_MIGRATIONS"].to_s)
    end

    private

    def configured_secret
      given = GlobalSetting.secret_key_base
      return if given.nil?
      return given if SECRET_FORM.match?(given.to_s)

      warn "DISCOURSE_SECRET_KEY_BASE is not 128 lower-case hex characters, it is ignored"
    end

    def shared_secret
      redis.set("SECRET_TOKEN", SecureRandom.hex(64), nx: true)
      redis.get("SECRET_TOKEN")
    end

    def connect(database)
      Redis.new(
        host: GlobalSetting.redis_host, port: GlobalSetting.redis_port, db: database.to_i,
        username: GlobalSetting.redis_username, password: GlobalSetting.redis_password&.to_s,
        ssl: GlobalSetting.redis_use_ssl, timeout: 2, reconnect_attempts: 1
      )
    end
  end
end
