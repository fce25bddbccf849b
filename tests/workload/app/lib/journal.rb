# frozen_string_literal: true

require "etc"
require "json"
require "time"

# One JSON line for every start of the application, for tests to count and compare.
module Journal
  POINTER = File.expand_path("../../JOURNAL", __dir__)
  SECRET = /PASSWORD|SECRET|TOKEN|KEY|CERT/
  HIDDEN = "(hidden)"

  # Note a start in the file that the pointer names; no pointer, no journal.
  def self.note(program)
    return unless File.exist?(POINTER)

    line = JSON.generate(entry(program))
    File.open(File.read(POINTER).strip, "a") { |file| file.write("#{line}\n") }
  end

  def self.entry(program)
    {
      time: Time.now.utc.iso8601(6),
      pid: Process.pid,
      argv: ["bin/#{program}", *arguments(program)],
      user: user,
      env: environment,
      stdin_bytes: $stdin.respond_to?(:bytes) ? $stdin.bytes : 0,
    }
  end

  def self.arguments(program)
    words = File.read("/proc/self/cmdline").split("\0")
    words.drop(words.index { |word| File.basename(word, ".rb") == program }.to_i + 1) - ["--silent"]
  end

  def self.user
    Etc.getpwuid.name
  rescue ArgumentError
    Process.uid.to_s
  end

  # Names of secrets stay, their values do not.
  def self.environment
    ENV.to_h { |name, value| [name, SECRET.match?(name) ? HIDDEN : value] }
  end
end
