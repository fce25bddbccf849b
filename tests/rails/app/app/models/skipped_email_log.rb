# frozen_string_literal: true

# Imitates SkippedEmailLog.
class SkippedEmailLog < ApplicationRecord
  # The type of what has its reason in words.
  CUSTOM = 1

  def reason
    custom_reason
  end
end
