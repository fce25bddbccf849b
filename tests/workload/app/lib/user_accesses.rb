# frozen_string_literal: true

# What lets somebody into an account without its password: rows in a table of each kind.
module UserAccesses
  TABLES = {
    user_auth_tokens: "user_auth_tokens", user_api_keys: "user_api_keys", api_keys: "api_keys",
    user_second_factors: "user_second_factors", all_security_keys: "user_security_keys",
    user_associated_accounts: "user_associated_accounts", email_change_requests: "email_change_requests",
    push_subscriptions: "push_subscriptions", oauth2_user_infos: "oauth2_user_infos"
  }.freeze

  # The rows of one user in one table, or some of them.
  Rows = Struct.new(:table, :user_id, :condition) do
    def destroy_all
      ActiveRecord::Base.query("DELETE FROM #{table} WHERE user_id = $1 #{condition}", user_id)
    end
  end

  # The addresses of one user, the primary one among them.
  Emails = Struct.new(:user_id) do
    def secondary
      Rows.new("user_emails", user_id, 'AND NOT "primary"')
    end
  end

  # The account at a DiscourseConnect provider.
  SingleSignOnRecord = Struct.new(:user_id, :external_email) do
    def destroy!
      Rows.new("single_sign_on_records", user_id).destroy_all
    end
  end

  TABLES.each { |name, table| define_method(name) { Rows.new(table, id) } }

  def user_emails
    Emails.new(id)
  end

  def single_sign_on_record
    row = ActiveRecord::Base.query("SELECT external_email FROM single_sign_on_records WHERE user_id = $1", id).first
    row && SingleSignOnRecord.new(id, row["external_email"])
  end
end
