# frozen_string_literal: true

class CreateUsers < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE users (
        id serial PRIMARY KEY,
        username varchar(60) NOT NULL,
        username_lower varchar(60) NOT NULL UNIQUE,
        name varchar,
        salt varchar(32),
        admin boolean NOT NULL DEFAULT false,
        moderator boolean NOT NULL DEFAULT false,
        active boolean NOT NULL DEFAULT false,
        staged boolean NOT NULL DEFAULT false,
        trust_level integer NOT NULL,
        created_at timestamp NOT NULL,
        updated_at timestamp NOT NULL
      )
    SQL
  end
end
