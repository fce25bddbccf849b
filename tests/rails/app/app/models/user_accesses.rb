# frozen_string_literal: true

# Imitates the models of what lets somebody into an account without its password: rows without content.
module UserAccesses
  extend ActiveSupport::Concern

  TABLES = {
    user_auth_tokens: "user_auth_tokens", user_api_keys: "user_api_keys", api_keys: "api_keys",
    user_second_factors: "user_second_factors", all_security_keys: "user_security_keys",
    user_associated_accounts: "user_associated_accounts", email_change_requests: "email_change_requests",
    push_subscriptions: "push_subscriptions", oauth2_user_infos: "oauth2_user_infos"
  }.freeze

  TABLES.each_value { |table| const_set(table.classify, Class.new(ActiveRecord::Base) { self.table_name = table }) }

  included do
    TABLES.each { |name, table| has_many name, class_name: "UserAccesses::#{table.classify}", foreign_key: :user_id, dependent: :destroy }
  end
end
