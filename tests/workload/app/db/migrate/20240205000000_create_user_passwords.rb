# frozen_string_literal: true

class CreateUserPasswords < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE user_passwords (
        id serial PRIMARY KEY,
        user_id integer NOT NULL UNIQUE,
        password_hash varchar(64) NOT NULL,
        password_salt varchar(32) NOT NULL,
        password_algorithm varchar(64) NOT NULL,
        created_at timestamp NOT NULL,
        updated_at timestamp NOT NULL
      )
    SQL
  end
end
