# frozen_string_literal: true

# Rails' log: standard output when told so, else a file that nobody rotates.
module RailsLog
  FILE = File.expand_path("../log/production.log", __dir__)

  def self.info(text)
    return puts(text) unless ENV["RAILS_LOG_TO_STDOUT"].to_s.empty?

    File.open(FILE, "a") { |file| file.write("#{text}\n") }
  end
end
