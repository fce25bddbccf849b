# frozen_string_literal: true

# The network of the pod, which is that of this run, and what its kernel can do.
module Pod
  DEVICE = "eth0"
  system("ip", "link", "add", DEVICE, "type", "veth", "peer", "name", "node", exception: true)
  %W[node #{DEVICE}].each { |name| system("ip", "link", "set", name, "up", exception: true) }
  # What runs a command in a kernel without IPv6.
  WITHOUT_IPV6 = ["/usr/bin/ruby", File.join(__dir__, "without_ipv6.rb")].freeze

  # For the time of the block, the pod has these addresses, each with its prefix, and those of the loopback.
  def self.with(*addresses)
    others = `ip -4 -oneline addr show dev lo scope global`.scan(/inet (\S+)/).flatten
    others.each { |address| change("del", address, "lo") }
    addresses.each { |address| change("add", address, DEVICE) }
    yield
  ensure
    addresses.each { |address| change("del", address, DEVICE) }
    others&.each { |address| change("add", address, "lo") }
  end

  def self.change(verb, address, device)
    unchecked = address.include?(":") && verb == "add" ? %w[nodad] : []
    system("ip", "addr", verb, address, "dev", device, *unchecked, exception: true)
  end
  private_class_method :change
end
