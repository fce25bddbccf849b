# frozen_string_literal: true

require "open3"

module Discourse
  # Imitates Discourse::Utils: programs whose failure is an error with their output.
  module Utils
    class CommandError < RuntimeError; end

    # The output; variables may come first.
    def self.execute_command(*command, failure_message: "", success_status_codes: [0], chdir: ".")
      variables = command.first.is_a?(Hash) ? command.shift : {}
      words = command.map(&:to_s).reject(&:empty?)
      output, errors, status = Open3.capture3(variables, *words, chdir: chdir.to_s)
      return output if success_status_codes.include?(status.exitstatus)

      raise CommandError, [failure_message, output, errors].reject(&:empty?).join("\n")
    end
  end
end
