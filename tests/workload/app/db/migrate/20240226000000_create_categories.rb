# frozen_string_literal: true

class CreateCategories < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE categories (
        id serial PRIMARY KEY,
        name varchar(50) NOT NULL,
        created_at timestamp NOT NULL,
        updated_at timestamp NOT NULL
      )
    SQL
  end
end
