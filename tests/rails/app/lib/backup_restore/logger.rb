# frozen_string_literal: true

module BackupRestore
  # Imitates the log of a restore: standard output, and lines that are kept.
  class Logger
    attr_reader :logs

    def initialize(**)
      @logs = []
    end

    def log(message, error = nil)
      puts message
      @logs << message
      puts error.full_message(highlight: false) if error
    end
  end
end
