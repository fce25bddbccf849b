# frozen_string_literal: true

class DropViewsFromTopics < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      ALTER TABLE topics DROP COLUMN views
    SQL
  end
end
