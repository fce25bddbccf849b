# frozen_string_literal: true

# The task charm:list_backups. charm.rake and charm_operation.rake have what it shares with the other tasks.
module Charm
  # The backups at a location, as Discourse lists them.
  module Backups
    MOST = 100

    def self.location(input)
      values = JSON.parse(input.read.to_s)
      location = values["location"] if values.is_a?(Hash) && values.keys == ["location"]
      return location if %w[local s3].include?(location)

      raise Refusal.invalid(['standard input is not {"location": "local" or "s3"}'])
    rescue JSON::ParserError, EncodingError
      raise Refusal.invalid(["standard input is not JSON"])
    end

    # The newest first.
    def self.list(location)
      files = BackupRestore::BackupStore.create(location: location).files
      files = files.sort_by(&:last_modified).reverse.first(MOST)
      files.map { |file| { id: file.filename, size: file.size, time: file.last_modified.to_i } }
    end
  end
end

namespace :charm do
  desc "List backups: one JSON object on standard input"
  task :list_backups do
    location = Charm::Backups.location($stdin)
    Rake::Task["environment"].invoke
    Charm.finish(Charm::DONE, { backups: Charm::Backups.list(location) })
  rescue Charm::Refusal => e
    Charm.finish(e.code, { error: e.message, messages: e.messages })
  rescue StandardError => e
    warn Charm::Operation.redact(e.full_message(highlight: false))
    Charm.finish(Charm::UNEXPECTED, { error: Charm::Operation.line(e) })
  end
end
