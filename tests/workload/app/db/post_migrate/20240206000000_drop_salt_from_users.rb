# frozen_string_literal: true

class DropSaltFromUsers < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      ALTER TABLE users DROP COLUMN salt
    SQL
  end
end
