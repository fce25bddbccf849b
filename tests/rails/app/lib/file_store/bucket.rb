# frozen_string_literal: true

require "redis"

module FileStore
  # Imitates an object storage, which all pods see and none takes along: a hash per bucket in a database of Redis; it may refuse.
  class Bucket
    class Refused < StandardError; end
    Stored = Struct.new(:key, :size, :last_modified, keyword_init: true)

    DATABASE = 15

    def initialize(name)
      raise Refused, "no bucket is named" if name.blank?

      @name = name
    end

    # With the prefix, by key.
    def list(prefix = "")
      objects = ask { |redis| redis.hgetall(@name) }.map do |key, object|
        time, body = object.b.split("\n", 2)
        Stored.new(key: key, size: body.bytesize, last_modified: Time.at(time.to_i))
      end
      objects.select { |object| object.key.start_with?(prefix) }.sort_by(&:key)
    end

    def put(key, path)
      ask { |redis| redis.hset(@name, key, "#{Time.now.to_i}\n".b + File.binread(path)) }
    end

    def get(key, path)
      object = ask { |redis| redis.hget(@name, key) }
      raise Refused, "NoSuchKey: #{key}" unless object

      File.binwrite(path, object.b.split("\n", 2).last)
    end

    def delete(key)
      ask { |redis| redis.hdel(@name, key) }
    end

    private

    def ask
      raise Refused, "AccessDenied: s3-refuse" if Knobs["s3-refuse"]

      redis = Redis.new(**GlobalSetting.redis_config, db: DATABASE)
      yield redis
    ensure
      redis&.close
    end
  end
end
