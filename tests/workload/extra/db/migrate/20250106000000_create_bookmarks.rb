# frozen_string_literal: true

class CreateBookmarks < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE bookmarks (
        id serial PRIMARY KEY,
        user_id integer NOT NULL,
        created_at timestamp NOT NULL
      )
    SQL
  end
end
