# frozen_string_literal: true

# Faults that a test asks for: files in /srv/discourse/knobs.
module Knobs
  DIRECTORY = File.expand_path("../../knobs", __dir__)

  # The argument of a knob; nil means that it is off.
  def self.[](name)
    File.read(File.join(DIRECTORY, name)).strip
  rescue Errno::ENOENT
    nil
  end

  # Sleep as many seconds as the knob says.
  def self.sleep(name)
    seconds = self[name]
    Kernel.sleep(Float(seconds)) if seconds
  end
end
