# frozen_string_literal: true

# Imitates Post as far as it is cooked: its version, the job that follows, and failures.
class Post < ApplicationRecord
  BAKED_VERSION = 2
  MISSING_UPLOADS = "missing uploads"
  MISSING_UPLOADS_IGNORED = "missing uploads ignored"
  ATTEMPTS = 3

  scope :uncooked, -> { where("baked_version IS NULL OR baked_version < ?", BAKED_VERSION) }

  # The newest first; one that fails too often is given up. Returns those that failed.
  def self.rebake_old(limit, priority: :normal, **)
    uncooked.order(id: :desc).limit([limit, GlobalSetting.max_old_rebakes_per_15_minutes].min).filter_map do |post|
      post.rebake!(priority: priority)
      nil
    rescue StandardError => e
      post.count_failure
      { post: post, ex: e }
    end
  end

  # The knob names posts that cannot be cooked.
  def rebake!(invalidate_oneboxes: false, priority: nil, **)
    Knobs.sleep("rebake-sleep")
    raise "rebake-fail: told to fail" if Knobs["rebake-fail"].to_s.split.include?(id.to_s)

    update_columns(cooked: cook, baked_at: Time.zone.now, baked_version: BAKED_VERSION)
    Jobs.enqueue(:process_post, post_id: id, invalidate_oneboxes: invalidate_oneboxes, queue: priority == :normal ? nil : priority)
  end

  def count_failure
    update_columns(rebake_attempts: rebake_attempts + 1)
    update_columns(baked_version: BAKED_VERSION) if rebake_attempts > ATTEMPTS
  end

  private

  def cook
    text = ERB::Util.html_escape(raw).gsub(/!\[\]\(([^)]+)\)/, '<a class="lightbox"><img src="\1"></a>')
    "<p>#{text}</p>"
  end
end
