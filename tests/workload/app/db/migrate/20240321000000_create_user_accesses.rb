# frozen_string_literal: true

class CreateUserAccesses < ActiveRecord::Migration[7.2]
  TABLES = %w[user_auth_tokens user_api_keys api_keys user_second_factors user_security_keys user_associated_accounts
              email_change_requests push_subscriptions oauth2_user_infos].freeze

  def up
    TABLES.each { |table| execute "CREATE TABLE #{table} (id serial PRIMARY KEY, user_id integer NOT NULL)" }
    execute <<~SQL
      CREATE TABLE single_sign_on_records (id serial PRIMARY KEY, user_id integer NOT NULL UNIQUE, external_email varchar)
    SQL
  end
end
