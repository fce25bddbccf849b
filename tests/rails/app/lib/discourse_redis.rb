# frozen_string_literal: true

require "monitor"
require "redis"

# Imitates DiscourseRedis: every key of the site begins with the name of its database.
class DiscourseRedis
  NAMESPACE = "default:"

  def initialize(config)
    @redis = Redis.new(config)
  end

  def without_namespace
    @redis
  end

  %i[get set setex expire del ttl exists? incr].each do |name|
    define_method(name) { |key, *rest, **options| @redis.public_send(name, "#{NAMESPACE}#{key}", *rest, **options) }
  end

  # Keys without the namespace.
  def scan_each(match: "*")
    @redis.scan_each(match: "#{NAMESPACE}#{match}") { |key| yield key.delete_prefix(NAMESPACE) }
  end

  def info
    @redis.info("server")
  end

  def ping
    @redis.ping
  end

  def close
    @redis.close
  end
end
