# frozen_string_literal: true

# Looks at servers and at this container. It reads {name: {host, port, tls, verify}} from standard input, and prints one JSON object.

require "json"
require "openssl"
require "resolv"
require "socket"

LIMIT = 4

# What cgroup v1 says where nothing is limited is more than any machine has.
UNLIMITED = 1 << 60

# How far a connection comes, and what stops it; nothing stops one that succeeds.
def reach(host, port, tls, verify)
  stage = "DNS"
  address = Addrinfo.getaddrinfo(host, port, nil, :STREAM).first
  stage = "TCP"
  address.connect(timeout: LIMIT) do |socket|
    return nil unless tls

    stage = "TLS"
    encrypt(socket, host, verify)
  end
  nil
rescue StandardError => e
  "#{stage}: #{e.message}"
end

def encrypt(socket, host, verify)
  context = OpenSSL::SSL::SSLContext.new
  context.set_params(verify_mode: verify ? OpenSSL::SSL::VERIFY_PEER : OpenSSL::SSL::VERIFY_NONE)
  server = OpenSSL::SSL::SSLSocket.new(socket, context)
  server.hostname = host
  server.connect_nonblock(exception: false)
  until (state = server.connect_nonblock(exception: false)) == server
    ready = state == :wait_readable ? socket.wait_readable(LIMIT) : socket.wait_writable(LIMIT)
    raise "no answer within #{LIMIT} s" unless ready
  end
  server.post_connection_check(host) if verify
end

def number(file)
  text = File.read(file).strip
  text.to_i if text.match?(/\A\d+\z/) && text.to_i < UNLIMITED
rescue SystemCallError
  nil
end

# Of cgroup v2, else v1.
def memory
  number("/sys/fs/cgroup/memory.max") || number("/sys/fs/cgroup/memory/memory.limit_in_bytes")
end

# In thousandths.
def cpus
  quota, period = File.read("/sys/fs/cgroup/cpu.max").split.map(&:to_f)
  quota.to_f.positive? && period.to_f.positive? ? (quota * 1000 / period).round : nil
rescue SystemCallError
  nil
end

def free(folder)
  IO.popen(["df", "-Pk", folder], err: File::NULL, &:read).to_s.lines.last.to_s.split[3]&.to_i
rescue SystemCallError
  nil
end

def dump_version
  IO.popen(%w[pg_dump --version], err: File::NULL, &:read).to_s[/\d+/]&.to_i
rescue SystemCallError
  nil
end

targets = JSON.parse($stdin.read)
found = targets.to_h do |name, it|
  thread = Thread.new { reach(it["host"], it["port"], it["tls"], it["verify"]) }
  thread.report_on_exception = false
  [name, thread]
end
deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + LIMIT + 1
found = found.to_h do |name, thread|
  left = [deadline - Process.clock_gettime(Process::CLOCK_MONOTONIC), 0].max
  [name, thread.join(left) ? thread.value : "no answer within #{LIMIT + 1} s"]
end
print JSON.generate(
  servers: found, memory: memory, milli_cpus: cpus, free_kib: free(ARGV.fetch(0)), pg_dump: dump_version
)
$stdout.flush
exit! 0
