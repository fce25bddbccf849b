# frozen_string_literal: true

require "redis"
require "securerandom"
require_relative "discourse_redis"
require_relative "discourse/utils"
require_relative "discourse/read_only"

# Imitates the module Discourse: Redis with its namespace, the secret key, addresses, read-only mode, the system user.
module Discourse
  SYSTEM_USER_ID = -1
  SECRET_FORM = /\A[0-9a-f]{128}\z/
  PROGRAMS = %w[rake unicorn sidekiq discourse rails].freeze

  class InvalidParameters < StandardError; end
  extend ReadOnly

  class << self
    # What boots the application, as the journal calls it.
    def program
      words = File.read("/proc/self/cmdline").split("\0").map { |word| File.basename(word) }
      (PROGRAMS & words).first || "ruby"
    end

    def redis
      @redis ||= DiscourseRedis.new(GlobalSetting.redis_config)
    end

    # Background jobs live in the next database.
    def sidekiq_redis_config
      GlobalSetting.redis_config.merge(db: GlobalSetting.redis_db.to_i + 1)
    end

    def before_fork
      ActiveRecord::Base.connection_handler.clear_all_connections!
      after_fork
    end

    # What is inherited must not be used.
    def after_fork
      @redis&.close
      @redis = nil
      SiteSetting.after_fork
    end

    # An old Redis ends the boot; one that is out of reach is only mentioned.
    def check_redis!
      version = redis.info["redis_version"]
      return unless Gem::Version.new(version) < Gem::Version.new("6.2.0")

      abort "Discourse requires Redis 6.2.0 or up, this is #{version}"
    rescue Redis::BaseError => e
      warn "Redis is not available: #{e.message}"
    end

    # From the environment, else the one that all units share in Redis, without a namespace.
    def secret_key_base
      @secret_key_base ||= configured_secret || (GlobalSetting.skip_servers? ? SecureRandom.hex(64) : shared_secret)
    end

    def skip_post_deployment_migrations?
      %w[1 true].include?(ENV["SKIP_POST_DEPLOYMENT_MIGRATIONS"].to_s)
    end

    def system_user
      User.find(SYSTEM_USER_ID)
    end

    def base_url
      "#{SiteSetting.force_https ? 'https' : 'http'}://#{GlobalSetting.hostname}"
    end

    def asset_host
      GlobalSetting.cdn_url
    end

    def store
      SiteSetting.Upload.enable_s3_uploads ? FileStore::S3Store.new : FileStore::LocalStore.new
    end

    private

    def configured_secret
      given = GlobalSetting.secret_key_base
      return if given.nil?
      return given if SECRET_FORM.match?(given.to_s)

      warn "DISCOURSE_SECRET_KEY_BASE is not 128 lower-case hex characters, it is ignored"
    end

    def shared_secret
      redis.without_namespace.set("SECRET_TOKEN", SecureRandom.hex(64), nx: true)
      redis.without_namespace.get("SECRET_TOKEN")
    end
  end
end
