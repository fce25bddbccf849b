# frozen_string_literal: true

class CreateUserEmails < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE user_emails (
        id serial PRIMARY KEY,
        user_id integer NOT NULL,
        email varchar(513) NOT NULL,
        normalized_email varchar,
        "primary" boolean NOT NULL DEFAULT false,
        created_at timestamp NOT NULL,
        updated_at timestamp NOT NULL
      )
    SQL
    execute <<~SQL
      CREATE UNIQUE INDEX index_user_emails_on_email ON user_emails (lower(email))
    SQL
    execute <<~SQL
      CREATE UNIQUE INDEX index_user_emails_on_user_id ON user_emails (user_id) WHERE "primary"
    SQL
  end
end
