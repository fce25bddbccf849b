# frozen_string_literal: true

# Imitates BackupMetadata: what a dump says of the forum that it was made of, and when it went into another one.
class BackupMetadata < ApplicationRecord
  LAST_RESTORE_DATE = "last_restore_date"

  def self.value_for(name)
    where(name: name).pick(:value).presence
  end

  def self.last_restore_date
    value_for(LAST_RESTORE_DATE)&.then { |value| Time.zone.parse(value) }
  end

  def self.update_last_restore_date(time = Time.zone.now)
    find_or_initialize_by(name: LAST_RESTORE_DATE).update!(value: time.iso8601)
  end
end
