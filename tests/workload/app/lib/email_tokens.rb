# frozen_string_literal: true

# The e-mail tokens of one user.
class EmailTokens
  def initialize(user)
    @user = user
  end

  def create(confirmed: false)
    ActiveRecord::Base.query(
      "INSERT INTO email_tokens (user_id, email, token_hash, confirmed, created_at) " \
      "VALUES ($1, $2, $3, $4, now())", @user.id, @user.email, SecureRandom.hex(32), confirmed
    )
  end

  def exists?(email:, confirmed:)
    !ActiveRecord::Base.query("SELECT 1 FROM email_tokens WHERE user_id = $1 AND email = $2 AND confirmed = $3",
                              @user.id, email, confirmed).empty?
  end
end
