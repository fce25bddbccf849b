# frozen_string_literal: true

require "socket"

# The process to which the plugin's other processes send numbers, and which Prometheus asks for them.
class Collector
  LONGEST_BODY = 1 << 20
  TYPE = "text/plain; charset=utf-8"

  def self.start
    master = Process.pid
    fork { new(master).run }
  end

  def initialize(master)
    @master = master
    @bad = 0
  end

  # Until the master is gone.
  def run
    $PROGRAM_NAME = "discourse prometheus-collector"
    %w[TERM INT QUIT USR1 USR2 HUP CHLD WINCH TTIN TTOU].each { |signal| trap(signal, "DEFAULT") }
    Unicorn::HttpServer::LISTENERS.each(&:close)
    sockets = listen
    serve(sockets) until orphaned?
    exit!(0)
  end

  private

  def orphaned?
    Process.ppid != @master
  end

  # A port that is in use may become free.
  def listen
    host = ENV.fetch("DISCOURSE_PROMETHEUS_WEBSERVER_BIND", "localhost")
    Socket.tcp_server_sockets(host, Integer(ENV.fetch("DISCOURSE_PROMETHEUS_COLLECTOR_PORT", "9405")))
  rescue SystemCallError => e
    warn "collector: #{e.message}"
    10.times { orphaned? ? exit!(0) : sleep(0.1) }
    retry
  end

  def serve(sockets)
    ready, = IO.select(sockets, nil, nil, 0.1)
    ready.to_a.each { |socket| Thread.new(socket.accept.first) { |client| attend(client) } }
  end

  def attend(client)
    verb, path = client.gets.to_s.split
    client.read([body_length(client), LONGEST_BODY].min)
    status, text = answer(verb, path.to_s)
    client.write("HTTP/1.1 #{status}\r\nContent-Type: #{TYPE}\r\nContent-Length: #{text.bytesize}\r\n",
                 "Connection: close\r\n\r\n", text)
  rescue SystemCallError, IOError => e
    warn "collector: #{e.message}"
  ensure
    client.close
  end

  # Reads the headers to their end.
  def body_length(client)
    length = 0
    while (line = client.gets) && !line.strip.empty?
      length = line.split(":").last.to_i if line.downcase.start_with?("content-length:")
    end
    length
  end

  def answer(verb, path)
    case [verb, path]
    in ["GET", "/metrics"] then ["200 OK", Metrics.text(@master, working: 1, bad_metrics_total: @bad)]
    in ["GET", "/ping"] then ["200 OK", "PONG"]
    in ["POST", "/send-metrics"]
      @bad += 1
      ["200 OK", "OK"]
    else ["404 Not Found", "not found\n"]
    end
  end
end
