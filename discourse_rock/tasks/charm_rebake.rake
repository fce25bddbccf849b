# frozen_string_literal: true

# The task charm:rebake. charm_operation.rake has what it shares with the other operations.
module Charm
  # Renders posts anew, newest first. What is left to do is in the database, so that a killed one can be taken up again.
  class Rebake
    # A variable stands over the setting of that name, which posts:rebake would write.
    SETTING = "DISCOURSE_DISABLE_SYSTEM_EDIT_NOTIFICATIONS"

    def self.parameters
      { "posts" => ->(value) { %w[marked all].include?(value) } }
    end

    def initialize(request, _lock)
      @request = request
      @failed = 0
    end

    def prepare
      ENV[SETTING] = "true"
    end

    def perform
      Jobs.run_immediately! # what a post entails must not pile up in Sidekiq
      Post.update_all("baked_version = NULL") if @request["posts"] == "all"
      ids = marked.order(id: :desc).pluck(:id)
      ids.each_with_index { |id, done| rebake(id, done, ids.size) }
      { total: ids.size, remaining: marked.count, failed: @failed }
    end

    private

    def marked
      Post.where("baked_version IS NULL OR baked_version < ?", Post::BAKED_VERSION)
    end

    def rebake(id, done, total)
      Operation.count("#{done} of #{total} posts, #{@failed} failed")
      marked.find_by(id: id)&.rebake!(priority: :ultra_low) # nil if it was rendered meanwhile
    rescue StandardError => e
      @failed += 1
      warn "post #{id}: #{Operation.line(e)}"
    end
  end
end

namespace :charm do
  desc "Render posts anew: one JSON object in CHARM_REQUEST"
  task :rebake do
    Charm::Operation.run("rebake", Charm::Rebake)
  end
end
