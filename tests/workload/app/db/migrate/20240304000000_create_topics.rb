# frozen_string_literal: true

class CreateTopics < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE topics (
        id serial PRIMARY KEY,
        title varchar NOT NULL,
        fancy_title varchar,
        slug varchar,
        views integer NOT NULL DEFAULT 0,
        created_at timestamp NOT NULL
      )
    SQL
  end
end
