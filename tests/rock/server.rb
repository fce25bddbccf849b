# frozen_string_literal: true

require "net/http"

# The service as Pebble runs it: a process group of its own.
class Server
  LOG = "/run/discourse/server.log"
  LAUNCH = "/srv/scripts/launch"

  attr_reader :pid

  # Start, wait until it answers, and leave nothing behind.
  def self.with(image, env: {}, script: LAUNCH)
    server = new(image, env, script)
    server.await_answer
    yield server
  ensure
    server&.clean
  end

  # The script, or the words of a command that runs it.
  def initialize(image, env = {}, script = LAUNCH)
    @pid = spawn(image.environment.merge(env).compact, *Image::USER, *script,
                 pgroup: true, unsetenv_others: true, out: LOG, err: %i[child out], in: File::NULL)
  end

  def get(path, address: "127.0.0.1", port: 3000)
    answer = Net::HTTP.start(address, port, open_timeout: 2, read_timeout: 20) { |http| http.get(path) }
    [answer.code, answer.body]
  end

  def post(path, address: "127.0.0.1", port: 3000)
    answer = Net::HTTP.post(URI("http://#{address}:#{port}#{path}"), "")
    [answer.code, answer.body.strip]
  end

  # What reached standard output so far.
  def output
    File.read(LOG)
  end

  # As Pebble does: to the whole process group.
  def signal(name)
    Process.kill(name, -@pid)
  end

  # The exit code, or the name of the signal that ended the launcher.
  def wait
    status = Process.wait2(@pid).last
    @ended = true
    status.exited? ? status.exitstatus : Signal.signame(status.termsig)
  end

  def await_answer
    await("an answer, got: #{output}") { get("/srv/status").first == "200" }
  end

  def await(what, seconds: 30)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    until attempt { yield }
      raise "waited in vain for #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep 0.02
    end
  end

  # Processes of the workload's user, the launcher's own aside.
  def processes
    `ps -o pid=,args= -U 584792`.lines.map(&:strip).reject { |line| line.include?("<defunct>") }
  end

  def clean
    signal("KILL") && wait unless @ended
    await("the end of #{processes}") { processes.empty? }
  end

  private

  def attempt
    yield
  rescue SystemCallError, IOError, Net::ReadTimeout, Net::OpenTimeout
    false
  end
end
