# frozen_string_literal: true

class DropSlugFromTopics < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      ALTER TABLE topics DROP COLUMN slug
    SQL
  end
end
