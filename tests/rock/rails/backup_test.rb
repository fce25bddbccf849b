# frozen_string_literal: true

require_relative "forum"

test "backup makes a backup and says its name, size and place" do
  write_posts "one"
  ended = backup
  name = ended.result["backup"]
  equal [0, { "backup" => name, "size" => File.size("#{BACKUPS}/#{name}"), "location" => "local" }], [ended.code, ended.result]
  truth name.match?(/\Adiscourse-\d{4}-\d\d-\d\d-\d{6}-v\d{14}\.sql\.gz\z/), name
end

test "backup takes a name, and includes uploads only if it is told to" do
  FileUtils.mkdir_p("/srv/discourse/app/public/uploads/default/original/1X")
  File.write("/srv/discourse/app/public/uploads/default/original/1X/a.png", "x")
  time = /\d{4}-\d\d-\d\d-\d{6}/
  truth backup(name: "monday").result["backup"].match?(/\Amonday-#{time}-v\d{14}\.tar\.gz\z/), "no archive"
  truth backup(name: "tuesday", uploads: false).result["backup"].match?(/\Atuesday-#{time}-v\d{14}\.sql\.gz\z/), "an archive"
ensure
  FileUtils.rm_rf("/srv/discourse/app/public/uploads/default")
end

test "two backups of one name are two backups" do
  names = Array.new(2) { backup(name: "twice").result["backup"] }
  equal names.sort, Dir.children(BACKUPS).grep(/\Atwice-/).sort
  truth names.uniq.size == 2, names.inspect
end

test "the password of the database is in no argument of a backup" do
  seen = command_lines { |env| equal 0, operate("backup", env: env, name: nil, uploads: true, s3_uploads: false).code }
  truth seen.include?("pg_dump --schema=public"), "pg_dump was not seen"
  truth !seen.include?(CANARY), "the password was seen"
end

{ "a name with a slash" => { name: "../x" }, "no name" => {}, "a text for a boolean" => { name: nil, uploads: "yes" },
  "a key that it does not know" => { name: nil, colour: "red" } }.each do |what, request|
  test "backup refuses #{what} before it boots", database: :none do
    ended = operate("backup", uploads: true, s3_uploads: false, **request)
    equal [1, true, []], [ended.code, ended.outcome.start_with?("job: failed the request is not valid; "), image.boots]
  end
end

test "backup refuses a request that is no JSON", database: :none do
  image.job("backup", HEADER, env: { "CHARM_REQUEST" => "{" })
  equal "job: failed the request is not valid; CHARM_REQUEST is not JSON", image.log("backup").last
end

test "backup says why it failed" do
  image.knob("die-at", "dump raise")
  equal [1, "job: failed RuntimeError: die-at: told to fail at dump"], backup.to_a.first(2)
end

test "backup is busy while Discourse's own is running, and boots not even" do
  servers.redis.set("default:backup_restore_operation_is_running", "1")
  equal [75, "job: busy"], backup.to_a.first(2)
  equal [], image.boots
  equal "1", servers.redis.get("default:backup_restore_operation_is_running")
end

%w[backup rebake].each do |other|
  test "#{other} is busy while a backup is running, which it leaves alone" do
    requests = { "backup" => { name: nil, uploads: true, s3_uploads: false }, "rebake" => { posts: "all" } }
    image.knob("hold-at", "dump")
    first = requests["backup"]
    ended = during("backup", **first) do
      await_line("backup", "held at dump")
      if other == "rebake"
        equal [75, "job: busy"], operate(other, **requests[other]).to_a.first(2)
      else
        run = image.run("bin/rake", "charm:backup", env: { "CHARM_REQUEST" => JSON.generate(first) })
        equal [75, true], [run.code, run.output.include?('charm-result: {"busy":true}')]
      end
      File.delete("#{Image::KNOBS}/hold-at")
    end
    equal 0, ended.code
  end
end

test "a backup shows the step that it is at" do
  image.knob("hold-at", "dump")
  during("backup", name: nil, uploads: true, s3_uploads: false) do
    await("progress") { File.exist?("/run/discourse/backup.summary") && image.summary("backup").last.start_with?("progress: ") }
    File.delete("#{Image::KNOBS}/hold-at")
  end
end

{ "TERM" => "job: failed SignalException: SIGTERM", "KILL" => "job: failed exit code 137" }.each do |signal, outcome|
  test "a backup whose rake gets #{signal} says so, and gives the lock back" do
    image.knob("hold-at", "dump")
    ended = during("backup", name: nil, uploads: true, s3_uploads: false) do
      await_line("backup", "held at dump")
      truth lock_held?, "the lock is not held"
      Process.kill(signal, image.boots.last["pid"])
    end
    equal [1, outcome], ended.to_a.first(2)
    await("the lock") { !lock_held? }
  end
end
