# frozen_string_literal: true

# The column goes after deployment; until then, nothing may write to it.
class MarkTopicExcerptReadOnly < ActiveRecord::Migration[6.1]
  def up
    execute "ALTER TABLE topics ADD COLUMN excerpt varchar"
    Migration::BaseDropper.mark_readonly(:topics, "excerpt")
  end
end
