# frozen_string_literal: true

require_relative "pod"
require_relative "server"

BIND_ALL = { "UNICORN_BIND_ALL" => "1" }.freeze
IPV4 = "10.0.0.17"
IPV6 = "fd00::17"
IPV6_ONLY = ["#{IPV6}/64"].freeze
# As pods of IPv6 clusters in EKS have it, for connections that they open.
EGRESS = "169.254.172.17/32"

# Where Unicorn listens, and what it was told.
def listener(server)
  [server.output[/listening on addr=(\S+)/, 1], image.boots.first["env"]["UNICORN_LISTENER"]]
end

# The code of the status page at each address.
def codes(server, *addresses)
  addresses.map { |address| server.get("/srv/status", address: address).first }
end

test "a pod with IPv6 only is reached at its address, and at localhost by either family" do
  [IPV6_ONLY, [*IPV6_ONLY, EGRESS]].each do |addresses|
    Pod.with(*addresses) do
      Server.with(image, env: BIND_ALL) do |server|
        equal %w[[::]:3000 [::]:3000], listener(server)
        equal %w[200 200 200], codes(server, IPV6, "::1", "127.0.0.1")
      end
    end
    FileUtils.rm(Image::JOURNAL)
  end
end

test "a pod with an IPv4 address listens on IPv4, whatever else it has" do
  [["#{IPV4}/32"], [*IPV6_ONLY, EGRESS, "#{IPV4}/24"]].each do |addresses|
    Pod.with(*addresses) do
      Server.with(image, env: BIND_ALL) do |server|
        equal ["0.0.0.0:3000", nil], listener(server)
        equal %w[200 200], codes(server, IPV4, "127.0.0.1")
      end
    end
    FileUtils.rm(Image::JOURNAL)
  end
end

test "a pod without IPv6 in its kernel listens on IPv4, whatever its addresses are" do
  Pod.with(*IPV6_ONLY) do
    Server.with(image, env: BIND_ALL, script: [*Pod::WITHOUT_IPV6, Server::LAUNCH]) do |server|
      equal ["0.0.0.0:3000", nil], listener(server)
    end
  end
end

test "a listener is chosen only where the environment names none, and asks for all addresses" do
  { { "UNICORN_LISTENER" => "127.0.0.1:3000" } => ["127.0.0.1:3000"] * 2, {} => ["127.0.0.1:3000", nil] }.each do |env, expected|
    Pod.with(*IPV6_ONLY) { Server.with(image, env: env) { |server| equal expected, listener(server) } }
    FileUtils.rm(Image::JOURNAL)
  end
end

test "the metrics are shown in a pod with IPv6 only, and without IPv6 in the kernel" do
  [[IPV6, IPV6_ONLY, []], [IPV4, ["#{IPV4}/32"], Pod::WITHOUT_IPV6]].each do |address, addresses, kernel|
    Pod.with(*addresses) do
      Server.with(image, env: BIND_ALL, script: [*kernel, Server::LAUNCH]) do |server|
        forward(*kernel) { server.await("the metrics") { metrics(server, address: address, port: FORWARDER).any? } }
      end
    end
  end
end
