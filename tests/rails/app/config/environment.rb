# frozen_string_literal: true

# Imitates the boot of Discourse: it ends without PostgreSQL, or with a Redis that is too old, unless SKIP_DB_AND_REDIS says to skip both.

require_relative "application"

Journal.note(Discourse.program)
Knobs.sleep("boot-sleep")
sleep 0.05 while Knobs["boot-hold"]
fails = Knobs["boot-fail"]
abort "boot-fail: told to fail" if fails && [Discourse.program, "all"].include?(fails.empty? ? "unicorn" : fails)
Discourse.check_redis! unless GlobalSetting.skip_servers?
Rails.application.initialize!
ActiveRecord::Base.connection unless GlobalSetting.skip_servers?
