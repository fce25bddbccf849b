# frozen_string_literal: true

require_relative "journal"
require_relative "knobs"
require_relative "global_setting"
require_relative "active_record"
require_relative "discourse"
require_relative "user"
require_relative "user_name_suggester"
require_relative "user_anonymizer"
require_relative "migrator"
require_relative "seed_fu"
require_relative "queue"

# What a boot of Discourse does and demands.
module Application
  ROOT = File.expand_path("..", __dir__)

  def self.boot(program)
    Journal.note(program)
    Knobs.sleep("boot-sleep")
    abort "boot-fail: told to fail" if [program, "all"].include?(boot_that_fails)
    Integer(Knobs["chatter"] || 0).times { |number| puts "chatter #{number}" } if program == "unicorn"
    Discourse.check_redis!
    Discourse.secret_key_base
    ActiveRecord::Base.connection
  end

  # Unicorn's, unless the knob says otherwise.
  def self.boot_that_fails
    argument = Knobs["boot-fail"]
    argument&.empty? ? "unicorn" : argument
  end
end
