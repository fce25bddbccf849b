# frozen_string_literal: true

require "json"
require "tmpdir"

HEADER = "unit=forum/0 job=1 begun=1790000000"
MARK = "charm-restore forum.sql.gz begun 1790000000 by forum/0"
BACKUPS = "/srv/discourse/app/public/backups/default"
# What must appear nowhere.
CANARY = Servers::PASSWORD

SEEN = "/run/discourse/seen"
# Notes the command lines of all processes, and gives its place to a program of PostgreSQL.
WRAPPER = <<~SH.freeze
  #!/bin/sh
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >>#{SEEN}
  exec /usr/bin/%s "$@"
SH

def listed(*parts)
  File.readlines("/srv/discourse/MIGRATIONS").map(&:split).select { |part, _| parts.include?(part) }.map(&:last)
end

# How a job ended.
Ended = Struct.new(:code, :outcome, :result)

# What the cases of the operations have in common.
class Bench
  # Run a job to its end.
  def operate(job, env: {}, **request)
    run = image.job(job, HEADER, env: { "CHARM_REQUEST" => JSON.generate(request) }.merge(env))
    ended(job, run.code)
  end

  def ended(job, code)
    outcome = image.log(job).last
    text = outcome[/\Ajob: done (\{.*\})\z/, 1]
    equal outcome, image.summary(job).last
    equal HEADER, image.summary(job).first
    Ended.new(code, outcome, text && JSON.parse(text))
  end

  # Begin a job, and have the block while it runs; how it ended.
  def during(job, env: {}, **request)
    FileUtils.rm_f("/run/discourse/#{job}.log")
    running = Thread.new { image.job(job, HEADER, env: { "CHARM_REQUEST" => JSON.generate(request) }.merge(env)) }
    yield
    ended(job, running.value.code)
  end

  # The command lines of all processes whenever pg_dump or psql begins, as the block runs a job in this environment.
  def command_lines
    Dir.mktmpdir do |folder|
      FileUtils.chmod(0o755, folder)
      %w[pg_dump psql].each { |program| File.write("#{folder}/#{program}", format(WRAPPER, program), perm: 0o755) }
      yield({ "PATH" => "#{folder}:#{image.environment['PATH']}" })
    end
    File.read(SEEN)
  end

  def backup(**request)
    operate("backup", name: nil, uploads: true, s3_uploads: false, **request)
  end

  # The charm marks a restore before its job begins.
  def restore(name, env: {}, asked: true, **request)
    ask if asked
    operate("restore", env: env, backup: name, location: "local", disable_emails: true, mark: MARK, **request)
  end

  def ask
    rows("CREATE SCHEMA IF NOT EXISTS backup AUTHORIZATION forum; COMMENT ON SCHEMA backup IS '#{MARK.sub(' begun ', ' asked ')}'")
  end

  # Posts with these texts; every forum of a case has some.
  def write_posts(*texts)
    texts.each do |text|
      rows("INSERT INTO posts (topic_id, user_id, raw, cooked, baked_version, created_at, updated_at) " \
           "VALUES (1, -1, '#{text}', '#{text}', 2, now(), now())")
    end
  end

  def posts
    rows("SELECT raw FROM posts ORDER BY id").flatten
  end

  def mark
    rows("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'backup'").flatten.first
  end

  # The tables of a schema.
  def tables(schema)
    rows("SELECT tablename FROM pg_tables WHERE schemaname = '#{schema}' ORDER BY 1").flatten
  end

  def lock_held?
    rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 584792 AND objid = 1 AND granted").any?
  end

  # Wait for something that will be true.
  def await(what)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 60
    until yield
      raise Suite::Failed, "waited for #{what} in vain" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep 0.05
    end
  end

  def await_line(job, text)
    await("#{text} in the log of #{job}") { File.exist?("/run/discourse/#{job}.log") && image.log(job).any? { |line| line.include?(text) } }
  end
end
