# frozen_string_literal: true

# Imitates User as far as accounts are made and changed: validation, activation, what follows a new password.
class User < ApplicationRecord
  include UserAccesses

  has_many :user_emails, dependent: :destroy
  has_many :email_tokens, dependent: :destroy
  has_one :primary_email, -> { where(primary: true) }, class_name: "UserEmail"
  has_one :single_sign_on_record, dependent: :destroy

  attr_reader :raw_password
  attr_writer :email

  attribute :trust_level, default: 1
  validate { UserValidation.new(self).valid? }
  before_save { self.username_lower = self.class.normalize_username(username) }
  after_save :store_email, :store_password
  after_create { email_tokens.create!(email: email) }

  class << self
    def transaction(**options, &block)
      outermost = !connection.transaction_open?
      super(**options) do
        Knobs.sleep("user-sleep") if outermost
        block.call
      end
    end

    def find_by_email(email)
      joins(:user_emails).find_by("lower(user_emails.email) = ?", email.to_s.downcase)
    end

    def find_by_username(username)
      find_by(username_lower: normalize_username(username))
    end

    def max_password_length
      UserPasswords::LIMIT
    end

    def normalize_username(username)
      username.to_s.unicode_normalize.downcase
    end

    def username_available?(username)
      !exists?(username_lower: normalize_username(username))
    end
  end

  def email
    @email || primary_email&.email
  end

  # Validation runs only for a password that was set; one that is too long raises at once.
  def password=(password)
    return if password.to_s.strip.empty?
    raise StandardError, "password is too long" if password.size > self.class.max_password_length

    @raw_password = password
  end

  def confirm_password?(password)
    raise StandardError, "password is too long" if password.size > self.class.max_password_length

    persisted? && UserPasswords.match?(self, password)
  end

  # Confirm a new token: that is what makes a user active. A save that is refused there is not told to the caller.
  def activate
    return if Knobs["activate-refused"]

    email_tokens.create!(email: email, confirmed: true)
    update!(active: true)
  end

  def unstage!
    update!(staged: false)
  end

  def grant_admin!
    update!(admin: true, approved: true) unless admin?
  end

  def change_trust_level!(level)
    update!(trust_level: level)
  end

  private

  def store_email
    return unless @email

    record = user_emails.find_or_initialize_by(primary: true)
    record.update!(email: @email, normalized_email: UserValidation.normalize_email(@email))
  end

  # A new password ends all sessions.
  def store_password
    return unless @raw_password

    UserPasswords.store(self, @raw_password)
    user_auth_tokens.destroy_all
    @raw_password = nil
  end
end
