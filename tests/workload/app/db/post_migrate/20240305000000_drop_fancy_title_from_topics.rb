# frozen_string_literal: true

class DropFancyTitleFromTopics < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      ALTER TABLE topics DROP COLUMN fancy_title
    SQL
  end
end
