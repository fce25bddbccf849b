# frozen_string_literal: true

require "sidekiq"

# Debian 12 has a Sidekiq that is older than its Redis library, which says so at each call.
Redis.silence_deprecations = true if Redis.respond_to?(:silence_deprecations=)
Redis.sadd_returns_boolean = false if Redis.respond_to?(:sadd_returns_boolean=)

# Imitates Discourse's: the Redis of the jobs, and a pause that puts jobs back.
Sidekiq.configure_client { |config| config.redis = Discourse.sidekiq_redis_config }
Sidekiq.configure_server do |config|
  config.redis = Discourse.sidekiq_redis_config
  config.server_middleware { |chain| chain.add Sidekiq::Pausable }
end
require_relative "../../lib/sidekiq/pausable"
Sidekiq.logger.level = Logger::INFO
