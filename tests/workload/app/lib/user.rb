# frozen_string_literal: true

require_relative "errors"
require_relative "user_validation"
require_relative "email_tokens"
require_relative "user_accesses"
require_relative "user_passwords"

# The user of the forum: rows in users, user_emails and user_passwords.
class User
  include UserAccesses

  COLUMNS = %w[username name admin moderator active approved approved_by_id approved_at
               trust_level staged].freeze
  SELECT = "SELECT users.*, user_emails.email AS email FROM users " \
           "LEFT JOIN user_emails ON user_emails.user_id = users.id AND user_emails.primary"

  attr_accessor :id, :email, *COLUMNS
  attr_reader :errors, :raw_password

  class << self
    def transaction(&block)
      outermost = !ActiveRecord::Base.in_transaction?
      ActiveRecord::Base.transaction do
        Knobs.sleep("user-sleep") if outermost
        block.call
      end
    end

    def find_by_email(email)
      load("#{SELECT} WHERE users.id IN (SELECT user_id FROM user_emails WHERE lower(email) = $1)", email.to_s.downcase)
    end

    def find_by_username(username)
      load("#{SELECT} WHERE users.username_lower = $1", normalize_username(username))
    end

    def find(id)
      load("#{SELECT} WHERE users.id = $1", id) or
        raise ActiveRecord::RecordNotFound, "Couldn't find User with 'id'=#{id}"
    end

    def max_password_length
      UserPasswords::LIMIT
    end

    def normalize_username(username)
      username.to_s.unicode_normalize.downcase
    end

    def username_available?(username)
      ActiveRecord::Base.query("SELECT 1 FROM users WHERE username_lower = $1",
                               normalize_username(username)).empty?
    end

    private

    def load(sql, *values)
      row = ActiveRecord::Base.query(sql, *values).first
      new(row.slice("id", "email", *COLUMNS)) if row
    end
  end

  def initialize(attributes = {})
    defaults = { admin: false, moderator: false, active: false, approved: false, staged: false, trust_level: 1 }
    defaults.merge(attributes.transform_keys(&:to_sym)).each { |name, value| public_send("#{name}=", value) }
    @errors = Errors.new
  end

  %w[admin moderator active approved staged].each do |name|
    define_method("#{name}?") { public_send(name) ? true : false }
  end

  # Validation runs only for a password that was set; one that is too long raises at once.
  def password=(password)
    return if password.to_s.strip.empty?
    raise StandardError, "password is too long" if password.size > self.class.max_password_length

    @raw_password = password
  end

  def confirm_password?(password)
    raise StandardError, "password is too long" if password.size > self.class.max_password_length

    !new_record? && UserPasswords.match?(self, password)
  end

  def new_record?
    id.nil?
  end

  def save!
    ActiveRecord::Base.transaction do
      raise ActiveRecord::RecordInvalid, self unless UserValidation.new(self).valid?

      new_record? ? insert : update
      change_password if @raw_password
    end
    true
  end

  def email_tokens
    EmailTokens.new(self)
  end

  # Confirm a new token: that is what makes a user active. A save that is refused there is not told to the caller.
  def activate
    return if Knobs["activate-refused"]

    email_tokens.create(confirmed: true)
    self.active = true
    save!
  end

  def unstage!
    self.staged = false
    save!
  end

  # Returns early for an admin, as Discourse does.
  def grant_admin!
    return if admin?

    self.admin = true
    self.approved = true
    save!
  end

  def change_trust_level!(level)
    self.trust_level = level
    save!
  end

  private

  # A new password ends all sessions.
  def change_password
    UserPasswords.store(self, @raw_password)
    user_auth_tokens.destroy_all
    @raw_password = nil
  end

  def values
    COLUMNS.map { |name| public_send(name) }
  end

  def insert
    names = [*COLUMNS, "username_lower"]
    places = (1..names.size).map { |n| "$#{n}" }
    row = ActiveRecord::Base.query(
      "INSERT INTO users (#{names.join(', ')}, created_at, updated_at) " \
      "VALUES (#{places.join(', ')}, now(), now()) RETURNING id", *values, username.downcase
    ).first
    self.id = row["id"]
    store_email
    email_tokens.create
  end

  def update
    assignments = [*COLUMNS, "username_lower"].each_with_index.map { |name, n| "#{name} = $#{n + 1}" }
    ActiveRecord::Base.query(
      "UPDATE users SET #{assignments.join(', ')}, updated_at = now() WHERE id = $#{assignments.size + 1}",
      *values, username.downcase, id
    )
    store_email
  end

  def store_email
    ActiveRecord::Base.query(
      "INSERT INTO user_emails (user_id, email, normalized_email, \"primary\", created_at, updated_at) " \
      "VALUES ($1, $2, $3, true, now(), now()) ON CONFLICT (user_id) WHERE \"primary\" " \
      "DO UPDATE SET email = excluded.email, normalized_email = excluded.normalized_email, updated_at = now()",
      id, email, UserValidation.normalize_email(email)
    )
  end
end
