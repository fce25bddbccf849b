# frozen_string_literal: true

# The e-mail tokens of one user; a user with none counts as confirmed.
class EmailTokens
  def initialize(user)
    @user = user
  end

  def create
    ActiveRecord::Base.query(
      "INSERT INTO email_tokens (user_id, email, token_hash, confirmed, created_at) " \
      "VALUES ($1, $2, $3, false, now())", @user.id, @user.email, SecureRandom.hex(32)
    )
  end

  def confirm_new
    create
    update_all(confirmed: true)
  end

  def update_all(confirmed:)
    ActiveRecord::Base.query("UPDATE email_tokens SET confirmed = $1 WHERE user_id = $2", confirmed, @user.id)
  end

  def confirmed?
    rows = ActiveRecord::Base.query("SELECT confirmed FROM email_tokens WHERE user_id = $1 AND email = $2",
                                    @user.id, @user.email)
    rows.empty? || rows.any? { |row| row["confirmed"] }
  end
end
