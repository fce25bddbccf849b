# frozen_string_literal: true

class EnableHstore < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE EXTENSION IF NOT EXISTS hstore
    SQL
  end
end
