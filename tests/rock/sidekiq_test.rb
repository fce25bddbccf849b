# frozen_string_literal: true

require_relative "server"

SIDEKIQ = "/srv/scripts/sidekiq"
WATCHED = { "SIDEKIQ_WATCH_INTERVAL" => "0.2", "SIDEKIQ_PATIENCE" => "4" }.freeze
ENOUGH = { "UNICORN_SIDEKIQ_MAX_RSS" => "700" }.freeze

# The lines that the alert rule counts.
RULES = File.expand_path("../../src/observability/loki_alert_rules/jobs.rules", __dir__)
RESTARTS = Regexp.new(File.read(RULES)[/DiscourseSidekiqRestarts.*?`(.*?)`/m, 1])

# Sidekiq as a service.
def start_sidekiq(env = {})
  service = Server.new(image, env, SIDEKIQ)
  yield service
ensure
  service&.clean
end

# Sidekiq as a service that has begun to do jobs.
def with_sidekiq(env = {})
  start_sidekiq(env) do |service|
    first = enqueue("first")
    service.await("a job to be done, got: #{service.output}") { done?(first) }
    yield service
  end
end

def enqueue(id)
  servers.redis(1).lpush("queue:default", JSON.generate("jid" => id, "name" => "test"))
  id
end

def done?(id)
  sleep 0.05
  rows("SELECT 1 FROM performed_jobs WHERE jid = '#{id}'").any?
end

test "sidekiq does the jobs as the workload's user, from one boot" do
  with_sidekiq do
    words = %w[bin/sidekiq -c 5 -t 15 -q critical,8 -q default,4 -q low,2 -q ultra_low,1]
    equal [words], image.boots.map { |boot| boot["argv"] }
    truth %w[584792 _daemon_].include?(image.boots.first["user"]), image.boots.first["user"]
  end
end

test "sidekiq gives way to the server when both want the processor" do
  with_sidekiq do |service|
    equal ["5"], service.processes.grep(/queue worker/).map { |line| `ps -o ni= -p #{line.to_i}`.strip }
  end
end

test "sidekiq has as many threads as Discourse's own variable says" do
  with_sidekiq("DISCOURSE_SIDEKIQ_WORKERS" => "7") { equal %w[-c 7], image.boots.first["argv"][1, 2] }
end

test "TERM to sidekiq's group lets a job end, then everything ends with 0" do
  with_sidekiq do |service|
    image.knob("job-sleep", "1")
    id = enqueue("long")
    service.await("the job to begin") { servers.redis(1).llen("queue:default").zero? }
    service.signal("TERM")
    equal 0, service.wait
    truth done?(id), "the job was cut"
    equal [], service.processes
  end
end

test "sidekiq with more memory than it may have ends, so that Pebble starts it again" do
  image.knob("sidekiq-memory", "800")
  start_sidekiq(WATCHED.merge(ENOUGH)) do |service|
    equal 0, service.wait
    truth service.output.match?(/^Sidekiq uses \d{3} MB of memory, more than the 700 MB of sidekiq_max_memory/), service.output
    truth service.output.match?(RESTARTS), "the alert rule DiscourseSidekiqRestarts does not know #{service.output}"
    service.await("the end of #{service.processes}") { service.processes.empty? }
  end
end

test "sidekiq with as much memory as it may have goes on" do
  image.knob("sidekiq-memory", "600")
  with_sidekiq(WATCHED.merge(ENOUGH)) do |service|
    sleep 1
    later = enqueue("later")
    service.await("another job to be done, got: #{service.output}") { done?(later) }
  end
end

{ "499" => 500, "-5" => 500, "much" => 500, "" => 1000, nil => 1000 }.each do |said, meant|
  test "sidekiq may have #{meant} MB where the environment says #{said.inspect}" do
    image.knob("sidekiq-memory", (meant + 50).to_s)
    start_sidekiq(WATCHED.merge("UNICORN_SIDEKIQ_MAX_RSS" => said)) do |service|
      equal 0, service.wait
      truth service.output.include?("more than the #{meant} MB"), service.output
    end
  end
end

test "sidekiq that has too much memory and does not end is killed" do
  %w[sidekiq-stubborn sidekiq-memory].each { |name| image.knob(name, "800") }
  start_sidekiq(WATCHED.merge(ENOUGH)) { |service| equal 137, service.wait }
end

test "KILL of sidekiq's launcher alone ends Sidekiq, too" do
  with_sidekiq do |service|
    Process.kill("KILL", service.pid)
    equal "KILL", service.wait
    service.await("the end of Sidekiq") { service.processes.grep(/queue worker/).empty? }
    service.signal("KILL")
  end
end

test "a boot of sidekiq that fails is seen in the exit code" do
  image.knob("boot-fail", "sidekiq")
  service = Server.new(image, {}, SIDEKIQ)
  equal 1, service.wait
  truth service.output.include?("boot-fail: told to fail"), service.output
  equal [], service.processes
end
