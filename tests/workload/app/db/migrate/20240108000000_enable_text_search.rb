# frozen_string_literal: true

class EnableTextSearch < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE EXTENSION IF NOT EXISTS pg_trgm
    SQL
    execute <<~SQL
      CREATE EXTENSION IF NOT EXISTS unaccent
    SQL
  end
end
