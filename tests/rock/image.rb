# frozen_string_literal: true

require "json"
require "net/http"
require "open3"
require "fileutils"

# The image at /srv: run its commands as the workload's user, set its knobs, read its journal.
class Image
  USER = %w[setpriv --reuid 584792 --regid 584792 --clear-groups].freeze
  JOURNAL = "/run/discourse/journal"
  KNOBS = "/srv/discourse/knobs"
  Run = Struct.new(:code, :output)

  def initialize(database)
    @database = database
    FileUtils.mkdir_p("/run/discourse")
    FileUtils.chown(584_792, 584_792, "/run/discourse")
    File.write("/srv/discourse/JOURNAL", JOURNAL)
    FileUtils.rm_rf([*Dir["/run/discourse/*"], *Dir["#{KNOBS}/*"]])
  end

  def environment
    {
      "PATH" => "/usr/sbin:/usr/bin:/sbin:/bin",
      "DISCOURSE_DB_HOST" => "127.0.0.1", "DISCOURSE_DB_PORT" => Servers::POSTGRES_PORT.to_s,
      "DISCOURSE_DB_NAME" => @database, "DISCOURSE_DB_USERNAME" => "forum",
      "DISCOURSE_DB_PASSWORD" => Servers::PASSWORD, "DISCOURSE_REDIS_HOST" => "127.0.0.1",
      "DISCOURSE_HOSTNAME" => "forum.example.com", "RAILS_ENV" => "production",
      "UNICORN_WORKERS" => "2", "LAUNCH_DRAIN" => "1"
    }
  end

  # One run as Pebble's exec makes it; a variable that is nil is not set.
  def run(*command, stdin: "", env: {})
    output, status = Open3.capture2e(environment.merge(env).compact, *USER, *command,
                                     stdin_data: stdin, chdir: "/srv/discourse/app", unsetenv_others: true)
    Run.new(status.exitstatus, output)
  end

  def job(name, header, env: {})
    run("/srv/scripts/jobs/#{name}", header, env: env)
  end

  def log(name)
    File.readlines("/run/discourse/#{name}.log", chomp: true)
  end

  def summary(name)
    File.readlines("/run/discourse/#{name}.summary", chomp: true)
  end

  # Exit code and result line of a user operation; input is an object or raw text.
  def user(input = nil, env: {}, **fields)
    input ||= fields
    run = run("bin/rake", "charm:user", stdin: input.is_a?(String) ? input : JSON.generate(input), env: env)
    line = run.output.lines.grep(/\Acharm-result: /)
    [run.code, line.size == 1 ? JSON.parse(line.first.delete_prefix("charm-result: ")) : run.output]
  end

  def knob(name, value = "")
    File.write(File.join(KNOBS, name), value)
  end

  def boots
    File.exist?(JOURNAL) ? File.readlines(JOURNAL).map { |line| JSON.parse(line) } : []
  end
end
