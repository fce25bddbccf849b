# frozen_string_literal: true

require "pg"
require "redis"

# PostgreSQL and Redis of this run, on the loopback of its network namespace.
class Servers
  POSTGRES_PORT = 5432
  REDIS_PORT = 6379
  PASSWORD = "s3cret-for-tests"

  def initialize(folder)
    @folder = folder
    start_postgres
    start_redis
    await { admin }
    await { redis.ping }
    admin.exec("CREATE ROLE forum LOGIN PASSWORD '#{PASSWORD}'")
  end

  def admin(database = "postgres")
    PG.connect(host: "127.0.0.1", port: POSTGRES_PORT, user: "postgres", dbname: database)
  end

  def redis(database = 0)
    Redis.new(host: "127.0.0.1", port: REDIS_PORT, db: database)
  end

  # A database with nothing in it, owned by the forum's role.
  def create_database(name)
    admin.exec("CREATE DATABASE #{name} OWNER forum")
  end

  # The same as another one, which nobody may be using.
  def copy_database(name, template)
    admin.exec("CREATE DATABASE #{name} OWNER forum TEMPLATE #{template}")
  end

  def stop
    @processes.each { |pid| Process.kill("KILL", pid) }
  end

  private

  def start_postgres
    data = File.join(@folder, "postgres")
    bin = Dir["/usr/lib/postgresql/*/bin"].max
    Dir.mkdir(data)
    system("chown", "postgres", data, exception: true)
    system(*as_postgres, "#{bin}/initdb", "-D", data, "-A", "trust", "--no-sync", "-U", "postgres",
           out: File::NULL, exception: true)
    @processes = [spawn(*as_postgres, "#{bin}/postgres", "-D", data, "-c", "listen_addresses=127.0.0.1",
                        "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off",
                        "-c", "autovacuum=off", out: log("postgres"), err: %i[child out])]
  end

  def start_redis
    @processes << spawn("redis-server", "--port", REDIS_PORT.to_s, "--save", "", "--bind", "127.0.0.1",
                        "--dir", @folder, out: log("redis"))
  end

  def as_postgres
    %w[setpriv --reuid postgres --regid postgres --clear-groups]
  end

  def log(name)
    File.join(@folder, "#{name}.log")
  end

  def await
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 20
    begin
      yield
    rescue PG::Error, Redis::BaseError
      raise if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep 0.05
      retry
    end
  end
end
