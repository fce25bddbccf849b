# frozen_string_literal: true

class CreateEmailTokens < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE email_tokens (
        id serial PRIMARY KEY,
        user_id integer NOT NULL,
        email varchar NOT NULL,
        token_hash varchar NOT NULL,
        confirmed boolean NOT NULL DEFAULT false,
        created_at timestamp NOT NULL
      )
    SQL
  end
end
