# frozen_string_literal: true

# The rules of Discourse that an operator meets: e-mail, username, password.
class UserValidation
  EMAIL = /\A[a-z0-9!#$%&'*+\/=?^_`{|}~.-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}\z/i
  USERNAME = /\A[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\z/i
  USERNAME_LENGTH = (3..20).freeze
  PASSWORD_LENGTH = 10
  ADMIN_PASSWORD_LENGTH = 15
  UNIQUE_CHARACTERS = 6
  COMMON_PASSWORDS = %w[password1234567 1234567890123456 qwertyuiopasdfg].freeze

  # Without a plus part; dots of the local part do not count either.
  def self.normalize_email(email)
    local, domain = email.to_s.downcase.split("@", 2)
    "#{local.to_s.sub(/\+.*/, '').delete('.')}@#{domain}"
  end

  def initialize(user)
    @user = user
    @errors = user.errors
  end

  def valid?
    @errors.clear
    return true if @user.id == Discourse::SYSTEM_USER_ID

    @user.email = @user.email.to_s.strip.downcase
    check_email
    check_username
    check_password(@user.raw_password) if @user.raw_password
    @errors.empty?
  end

  private

  def check_email
    return @errors.add(:primary_email, "is invalid.") unless EMAIL.match?(@user.email)

    taken = ActiveRecord::Base.query(
      "SELECT 1 FROM user_emails WHERE (lower(email) = $1 OR normalized_email = $2) " \
      "AND user_id IS DISTINCT FROM $3",
      @user.email, self.class.normalize_email(@user.email), @user.id
    )
    @errors.add(:primary_email, "has already been taken") unless taken.empty?
  end

  def check_username
    name = @user.username.to_s
    if !USERNAME_LENGTH.cover?(name.length)
      @errors.add(:username, "must have #{USERNAME_LENGTH.begin} to #{USERNAME_LENGTH.end} characters")
    elsif !USERNAME.match?(name)
      @errors.add(:username, "must only include numbers, letters, dashes, dots, and underscores")
    elsif username_taken?(name)
      @errors.add(:username, "must be unique")
    end
  end

  def username_taken?(name)
    !ActiveRecord::Base.query("SELECT 1 FROM users WHERE username_lower = $1 AND id IS DISTINCT FROM $2",
                              name.downcase, @user.id).empty?
  end

  def check_password(password)
    message = password_length_message(password) || password_content_message(password)
    @errors.add(:password, message) if message
  end

  def password_length_message(password)
    shortest = @user.admin? || developer? ? ADMIN_PASSWORD_LENGTH : PASSWORD_LENGTH
    "is too short (minimum is #{shortest} characters)" if password.length < shortest
  end

  def password_content_message(password)
    return "is one of the 10000 most common passwords." if COMMON_PASSWORDS.include?(password)
    return "is the same as your username." if password.casecmp?(@user.username.to_s)
    return "is the same as your current password." if @user.confirm_password?(password)
    return "is the same as your email." if password.casecmp?(@user.email)

    "has too many repeated characters." if password.chars.uniq.size < UNIQUE_CHARACTERS
  end

  def developer?
    GlobalSetting.developer_emails.to_s.downcase.split(",").map(&:strip).include?(@user.email)
  end
end
