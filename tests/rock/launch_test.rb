# frozen_string_literal: true

require_relative "server"

ALL = { "UNICORN_BIND_ALL" => "1" }.freeze
OTHER_ADDRESS = "10.0.0.9"
SLOW = /^sleeps for .* s$/.freeze
system("ip", "addr", "add", "#{OTHER_ADDRESS}/32", "dev", "lo", exception: true)

# Seconds that the block took.
def seconds
  started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  yield
  Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
end

# A request for a page that takes so long, once a worker has begun with it.
def slow_request(server, seconds)
  begun = server.output.scan(SLOW).size
  request = Thread.new { server.get("/slow?seconds=#{seconds}") }
  server.await("the slow page") { server.output.scan(SLOW).size > begun }
  request
end

test "launch serves pages as the workload's user, from one boot" do
  Server.with(image) do |server|
    equal ["200", "ok"], server.get("/srv/status")
    page = server.get("/").last
    truth ["hostname: forum.example.com", "users: 0"].all? { |line| page.include?(line) }, page
    equal [["bin/unicorn", "-c", "config/unicorn.conf.rb"]], image.boots.map { |boot| boot["argv"] }
    truth %w[584792 _daemon_].include?(image.boots.first["user"]), image.boots.first["user"]
  end
end

test "launch listens on the loopback alone, unless told to bind all" do
  Server.with(image) do |server|
    refused = begin
      server.get("/srv/status", address: OTHER_ADDRESS)
    rescue Errno::ECONNREFUSED
      "refused"
    end
    equal "refused", refused
  end
  Server.with(image, env: ALL) { |server| equal "200", server.get("/srv/status", address: OTHER_ADDRESS).first }
end

test "TERM keeps accepting for the time of the drain, then ends with 0" do
  Server.with(image, env: { "LAUNCH_DRAIN" => "5" }) do |server|
    took = seconds do
      server.signal("TERM")
      sleep 0.6
      equal ["200", "ok"], server.get("/srv/status")
      equal 0, server.wait
    end
    truth (5..10.9).cover?(took), "took #{took} s"
    equal [], server.processes
  end
end

test "TERM to the whole group cuts no request, neither old nor new" do
  Server.with(image) do |server|
    old = slow_request(server, 3)
    server.signal("TERM")
    new = slow_request(server, 2)
    equal 0, server.wait
    equal [%W[200 slept\n]] * 2, [old.value, new.value]
  end
end

test "a second TERM neither cuts the drain short nor makes it longer" do
  Server.with(image, env: { "LAUNCH_DRAIN" => "8" }) do |server|
    took = seconds do
      4.times do
        server.signal("TERM")
        sleep 1.9
      end
      equal 0, server.wait
    end
    truth (8..13).cover?(took), "took #{took} s"
  end
end

test "QUIT finishes what runs, without a drain" do
  Server.with(image, env: { "LAUNCH_DRAIN" => "30" }) do |server|
    request = slow_request(server, 1)
    server.signal("QUIT")
    equal 0, server.wait
    equal %W[200 slept\n], request.value
  end
end

test "INT stops at once" do
  Server.with(image, env: { "LAUNCH_DRAIN" => "30" }) do |server|
    request = slow_request(server, 20)
    request.report_on_exception = false
    took = seconds do
      server.signal("INT")
      equal 0, server.wait
    end
    truth took < 10, "took #{took} s"
    request.kill
  end
end

test "KILL takes a worker along that hangs" do
  Server.with(image) do |server|
    request = slow_request(server, 60)
    request.report_on_exception = false
    server.signal("TERM")
    server.signal("KILL")
    equal "KILL", server.wait
    server.await("the end of all processes") { server.processes.empty? }
    request.kill
  end
end

test "KILL of the launcher alone takes the session along" do
  Server.with(image, env: { "UNICORN_SIDEKIQS" => "1" }) do |server|
    Process.kill("KILL", server.pid)
    equal "KILL", server.wait
    server.await("the end of all processes") { server.processes.empty? }
  end
end

test "a master that is killed ends the launcher and leaves the port free" do
  Server.with(image) do |server|
    master = server.processes.find { |line| line.include?("unicorn master") }.to_i
    request = slow_request(server, 60)
    request.report_on_exception = false
    Process.kill("KILL", master)
    equal 137, server.wait
    server.await("the end of all processes") { server.processes.empty? }
    request.kill
  end
end

test "a boot that fails is seen in the exit code" do
  image.knob("boot-fail")
  equal 1, Server.new(image).wait
  FileUtils.rm("#{Image::KNOBS}/boot-fail")
  equal 1, Server.new(image, "DISCOURSE_DB_PORT" => "1").wait
end

LOGS = "/srv/discourse/app/log"

test "lines of Unicorn, Rails and Sidekiq reach standard output, and none of them a disk" do
  FileUtils.rm_f(Dir["#{LOGS}/*"])
  Server.with(image, env: { "RAILS_LOG_TO_STDOUT" => "1", "UNICORN_SIDEKIQS" => "1" }) do |server|
    _, id = server.post("/jobs")
    lines = ["master process ready", "Completed 202 POST /jobs", "sidekiq: performed {\"jid\":\"#{id}\""]
    server.await("#{lines}, got: #{server.output}") { lines.all? { |line| server.output.include?(line) } }
    equal %w[output sidekiq.log unicorn.stderr.log unicorn.stdout.log], Dir.children(LOGS).sort
    equal ["fifo"], Dir["#{LOGS}/*"].map { |file| File.stat(file).ftype }.uniq
    server.signal("TERM")
    equal 0, server.wait
    truth server.output.include?("master complete"), server.output
  end
end

test "a boot that fails says why on standard output" do
  image.knob("boot-fail")
  server = Server.new(image)
  equal 1, server.wait
  truth server.output.include?("boot-fail: told to fail"), server.output
end

test "whatever is written in a burst is printed to its end" do
  image.knob("chatter", "200000")
  server = Server.with(image) { |one| one.tap { one.signal("INT") && one.wait } }
  equal 200_000, server.output.scan(/^chatter \d+$/).size
end

test "the files of earlier starts give way to the pipe" do
  FileUtils.rm_f(Dir["#{LOGS}/*"])
  %w[output unicorn.stdout.log].each { |name| File.write("#{LOGS}/#{name}", "old") }
  FileUtils.chown_R(584_792, 584_792, LOGS)
  Server.with(image) { |server| truth server.output.include?("master process ready"), server.output }
  equal %w[fifo fifo], %w[output unicorn.stdout.log].map { |name| File.stat("#{LOGS}/#{name}").ftype }
end

test "a server that cannot have its pipe serves all the same" do
  FileUtils.rm_f(Dir["#{LOGS}/*"])
  files = %w[stdout stderr].map { |name| "#{LOGS}/unicorn.#{name}.log" }
  FileUtils.touch(files)
  FileUtils.chmod(0o666, files)
  FileUtils.chown("root", "root", LOGS)
  FileUtils.chmod(0o755, LOGS)
  Server.with(image, env: { "RAILS_LOG_TO_STDOUT" => "1" }) do |server|
    equal "200", server.get("/srv/status").first
    server.await("the log") { File.read(files.last).include?("master process ready") }
  end
ensure
  FileUtils.rm_f(Dir["#{LOGS}/*"])
  FileUtils.chmod(0o777, LOGS)
end

test "the server needs Redis to boot only where the secret key is kept there" do
  away = { "DISCOURSE_REDIS_PORT" => "1" }
  equal 1, Server.new(image, away).wait
  server = Server.new(image, away.merge("DISCOURSE_SECRET_KEY_BASE" => "0123456789abcdef" * 8))
  server.await("the front page") { server.get("/").first == "200" }
  equal "500", server.get("/srv/status").first
  server.clean
end

test "TERM during the boot ends the server, too" do
  image.knob("boot-sleep", "2")
  server = Server.new(image)
  server.await("the boot") { image.boots.any? }
  server.signal("TERM")
  equal 0, server.wait
  equal [], server.processes
end

test "the queue worker performs a job when there is one, and only then" do
  Server.with(image, env: { "UNICORN_SIDEKIQS" => "1" }) do |server|
    code, id = server.post("/jobs")
    equal "202", code
    server.await("the job") { server.get("/jobs/#{id}").last == "done\n" }
    server.signal("TERM")
    equal 0, server.wait
  end
  Server.with(image) do |server|
    _, id = server.post("/jobs")
    sleep 1.5
    equal "queued\n", server.get("/jobs/#{id}").last
    equal 1, servers.redis(1).llen("queue:default")
  end
end

test "TERM lets a job end that began before it, and no other begins" do
  image.knob("job-sleep", "2")
  Server.with(image, env: { "UNICORN_SIDEKIQS" => "1", "LAUNCH_DRAIN" => "3" }) do |server|
    first, = Array.new(2) { server.post("/jobs").last.strip }
    server.await("the job to begin") { servers.redis(1).llen("queue:default") == 1 }
    server.signal("TERM")
    equal 0, server.wait
    equal [[first]], rows("SELECT jid FROM performed_jobs")
    equal 1, servers.redis(1).llen("queue:default")
  end
end

test "the status page needs Redis, not PostgreSQL" do
  Server.with(image) do |server|
    servers.redis.config(:set, "requirepass", "changed")
    servers.redis.tap { |redis| redis.auth("changed") }.call("CLIENT", "KILL", "TYPE", "normal")
    equal "500", server.get("/srv/status").first
  ensure
    servers.redis.tap { |redis| redis.auth("changed") }.config(:set, "requirepass", "")
  end
  Server.with(image) do |server|
    servers.admin.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'forum'")
    equal "200", server.get("/srv/status").first
  end
end

test "the status page answers 500 when a test says so" do
  Server.with(image) do |server|
    image.knob("unhealthy")
    equal "500", server.get("/srv/status").first
  end
end

test "the secret key is shared through Redis, unless the environment has a good one" do
  key = "0123456789abcdef" * 8
  page = ->(env) { Server.with(image, env: env) { |server| server.get("/").last[/key: \w+/] } }
  shared = page.call({})
  equal 128, servers.redis.get("SECRET_TOKEN").length
  equal shared, page.call("DISCOURSE_SECRET_KEY_BASE" => "too short")
  truth page.call("DISCOURSE_SECRET_KEY_BASE" => key) != shared, "the key of the environment is ignored"
end
