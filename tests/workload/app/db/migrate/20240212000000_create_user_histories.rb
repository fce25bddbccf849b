# frozen_string_literal: true

class CreateUserHistories < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE user_histories (
        id serial PRIMARY KEY,
        action varchar NOT NULL,
        acting_user_id integer,
        target_user_id integer,
        details text,
        created_at timestamp NOT NULL
      )
    SQL
  end
end
