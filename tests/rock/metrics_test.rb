# frozen_string_literal: true

require_relative "server"

COLLECTOR = 9405
FORWARDER = 9394
OUTSIDE = "10.0.0.10"
system("ip", "addr", "add", "#{OUTSIDE}/32", "dev", "lo", exception: true)

# The forwarder as Pebble runs it, or through another command, for the time of the block.
def forward(*command)
  pid = spawn(image.environment, *Image::USER, *command, "/srv/scripts/metrics-forwarder",
              pgroup: true, unsetenv_others: true, in: File::NULL, err: "/run/discourse/forwarder.log")
  yield pid
ensure
  Process.kill("KILL", pid) && Process.wait(pid) if pid && system("kill", "-0", pid.to_s, err: File::NULL)
end

# Value by name and labels.
def metrics(server, port: COLLECTOR, **place)
  code, text = server.get("/metrics", port: port, **place)
  code == "200" ? text.lines.to_h { |line| line.chomp.split(/ (?=[^ ]+\z)/) } : {}
end

# How many web servers and Sidekiqs the collector knows.
def processes(found)
  ["web", "sidekiq"].map { |type| found.count { |name, _| name.start_with?("discourse_rss{type=\"#{type}\"") } }
end

def await_collector(server)
  server.await("the collector") { metrics(server).any? }
end

test "the collector knows what the server and its queue do" do
  Server.with(image, env: { "UNICORN_BIND_ALL" => "1", "UNICORN_SIDEKIQS" => "1" }) do |server|
    server.get("/nowhere")
    # A collector that answers may not have seen the last process start.
    server.await("both web servers and Sidekiq") { processes(metrics(server)) == [2, 1] }
    found = metrics(server)
    equal ["1", "0", "0", "1", "1", "0", "0"],
          found.values_at("discourse_collector_working", "discourse_collector_bad_metrics_total", "discourse_queued_app_reqs",
                          "discourse_sidekiq_processes", "discourse_redis_primary_available{type=\"main\"}",
                          "discourse_sidekiq_jobs_enqueued{queue=\"default\"}",
                          "discourse_sidekiq_queue_latency_seconds{queue=\"default\"}")
    equal "1", found["discourse_http_requests{db=\"default\",api=\"web\",verb=\"GET\",status=\"404\"}"]
  end
end

test "the collector counts requests that are under way, and jobs that wait" do
  Server.with(image, env: { "UNICORN_BIND_ALL" => "1" }) do |server|
    server.post("/jobs")
    await_collector(server)
    request = Thread.new { server.get("/slow?seconds=5") }
    found = {}
    server.await("a request under way, and a job that has waited for a second") do
      found = metrics(server)
      found["discourse_active_app_reqs"] == "1" && found["discourse_sidekiq_queue_latency_seconds{queue=\"default\"}"].to_f >= 1
    end
    equal "1", found["discourse_sidekiq_jobs_enqueued{queue=\"default\"}"]
    request.value
  end
end

test "the collector listens on the loopback alone, takes anything there, and ends with the server" do
  Server.with(image) do |server|
    await_collector(server)
    refused = begin
      server.get("/ping", address: OUTSIDE, port: COLLECTOR)
    rescue Errno::ECONNREFUSED
      "refused"
    end
    equal "refused", refused
    equal %w[200 OK], server.post("/send-metrics", port: COLLECTOR)
    equal %w[200 PONG], server.get("/ping", port: COLLECTOR)
    equal "1", metrics(server)["discourse_collector_bad_metrics_total"]
    server.signal("QUIT")
    equal 0, server.wait
    equal [], server.processes
  end
end

test "the forwarder shows the metrics to the network, and nothing else of the collector" do
  Server.with(image) do |server|
    await_collector(server)
    forward do |pid|
      server.await("the forwarder") { metrics(server, address: OUTSIDE, port: FORWARDER).any? }
      equal ["404", "only /metrics is here"], server.post("/send-metrics", address: OUTSIDE, port: FORWARDER)
      equal "405", server.post("/metrics", address: OUTSIDE, port: FORWARDER).first
      equal "404", server.get("/ping", address: OUTSIDE, port: FORWARDER).first
      equal "0", metrics(server)["discourse_collector_bad_metrics_total"]
      Process.kill("TERM", -pid)
      equal 0, Process.wait2(pid).last.exitstatus
    end
  end
end

test "the forwarder runs without the server, and says that the collector is away" do
  Server.with(image) do |server|
    forward do
      server.await("the metrics") { metrics(server, port: FORWARDER).any? }
      server.signal("INT")
      server.wait
      equal ["502", "the collector is away\n"], server.get("/metrics", port: FORWARDER)
    end
  end
end
