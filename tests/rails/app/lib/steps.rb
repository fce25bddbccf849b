# frozen_string_literal: true

# Imitates nothing: where a test may stop or fill up an operation. README.md lists the steps.
module Steps
  class << self
    # The knob die-at names a step, then a signal, `raise`, or `exit`; hold-at a step, at which the operation waits while that stands there.
    def reach(name)
      die(name)
      return unless Knobs["hold-at"] == name

      puts "held at #{name}"
      sleep 0.05 while Knobs["hold-at"] == name
    end

    # With the knob no-space, the file takes nothing.
    def write(name, path)
      reach(name)
      File.symlink("/dev/full", path) if Knobs["no-space"] == name
    end

    private

    def die(name)
      step, how = Knobs["die-at"].to_s.split
      return unless step == name

      puts "dies at #{name}"
      case how
      when "raise" then raise "die-at: told to fail at #{name}"
      when "exit" then exit 1
      else
        Process.kill(how || "KILL", Process.pid)
        sleep
      end
    end
  end
end
