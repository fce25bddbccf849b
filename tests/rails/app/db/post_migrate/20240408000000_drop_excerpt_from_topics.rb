# frozen_string_literal: true

class DropExcerptFromTopics < ActiveRecord::Migration[6.1]
  DROPPED_COLUMNS = { topics: %w[excerpt] }.freeze

  def up
    Migration::BaseDropper.drop_readonly_function(:topics, "excerpt")
    execute "ALTER TABLE topics DROP COLUMN excerpt"
  end
end
