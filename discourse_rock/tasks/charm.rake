# frozen_string_literal: true

# The task charm:user, and what it has in common with the charm's other tasks: each boots once and prints one result line among
# other output. README.md of the image documents the keys, the exit codes and the outcomes. Discourse autoloads the other files in
# lib, so these classes stand here.

require "json"

module Charm
  MARKER = "charm-result:"
  DONE = 0
  UNEXPECTED = 1

  # Print the result on a line of its own and end the process.
  def self.finish(code, result)
    report(result)
    exit code
  end

  def self.report(result)
    puts "", "#{MARKER} #{JSON.generate(result)}"
    $stdout.flush
  end

  # The first line of an error without secrets and without double quotes, at which the jobs cut it out of the log.
  def self.first_line(error, *secrets)
    message = error.message.dup.force_encoding(Encoding::UTF_8).scrub # libraries use any encoding
    message = mask(message, secrets.compact.reject(&:empty?))
    "#{error.class}: #{without_rows(message).lines.first.to_s.strip}".tr('"', "'")
  end

  BASE64 = %r{[A-Za-z0-9+/]{6,}={0,2}}

  # A text without secrets, as they are or in Base64.
  def self.mask(text, secrets)
    text = text.gsub(BASE64) { |word| encodes?(word, secrets) ? "***" : word }
    secrets.sort_by { |secret| -secret.size }.reduce(text) { |rest, secret| rest.gsub(secret, "***") }
  end

  # Whether a word is, or ends with, Base64 of something that has a secret in it. Servers repeat a login as it was sent, with the name
  # of the user before the password, and may cut it: four bytes are enough.
  def self.encodes?(word, secrets)
    decoded = (0..3).map { |start| word[start..].unpack1("m") }
    secrets.any? { |secret| decoded.any? { |bytes| bytes.include?(secret.b[0, 4]) } }
  end
  private_class_method :encodes?

  # What PostgreSQL quotes of rows and statements: a value that ends the first line of an error or is too large, the details, and a
  # line that psql wrote last although it is part of a value.
  QUOTED = [
    [/(ERROR:  [^\n]*?): ".*?(?=\n\tfrom |\z)/m, '\1'],
    [/(ERROR:  value) ".*?" (is out of range)/m, '\1 \2'],
    [/^(?:DETAIL|CONTEXT|LINE \d+): .*?(?=^\tfrom |\z)/m, ""],
    [/(psql failed): (?!.*(?:ERROR|FATAL|error):).*/, '\1']
  ].freeze

  # A text without what PostgreSQL quotes.
  def self.without_rows(text)
    QUOTED.reduce(text) { |rest, (pattern, replacement)| rest.gsub(pattern, replacement) }
  end

  # A failure with its exit code.
  class Refusal < StandardError
    NOT_FOUND = 2
    EXISTS = 3
    INVALID = 4
    UNCONFIRMED = 5
    INACTIVE = 6
    DOUBTS = { UNCONFIRMED => "has never confirmed its address", INACTIVE => "is not active" }.freeze

    attr_reader :code, :messages

    def initialize(code, error, messages = [])
      super(error)
      @code = code
      @messages = messages
    end

    def self.invalid(messages)
      new(INVALID, "the request is not valid", messages)
    end
  end

  # The JSON object on standard input, checked before Rails boots.
  class Request
    TEXTS = %w[op email username password].freeze
    BOOLEANS = { "admin" => false, "active" => true }.freeze
    REQUIRED = {
      "create" => %w[email password], "add-admin" => %w[email password],
      "promote" => %w[email], "anonymize" => %w[username]
    }.freeze
    OPTIONAL = { "create" => %w[username admin active], "add-admin" => %w[username] }.freeze

    def self.read(input)
      text = input.read.to_s.dup.force_encoding(Encoding::UTF_8)
      values = JSON.parse(text)
      raise Refusal.invalid(["standard input is not a JSON object"]) unless values.is_a?(Hash)

      new(values)
    rescue JSON::ParserError, EncodingError # its message quotes the input, which may contain a password
      raise Refusal.invalid(["standard input is not JSON"])
    end

    def initialize(values)
      @values = values
      problems = unknown_keys + wrong_types
      problems = unfit_keys if problems.empty?
      raise Refusal.invalid(problems) unless problems.empty?
    end

    def [](key)
      @values.fetch(key, BOOLEANS[key])
    end

    private

    def unknown_keys
      (@values.keys - TEXTS - BOOLEANS.keys).map { |key| "#{key.scrub} is not a known key" }
    end

    def wrong_types
      texts, others = (@values.keys & TEXTS).partition { |key| @values[key].is_a?(String) }
      booleans = (@values.keys & BOOLEANS.keys).reject { |key| [true, false].include?(@values[key]) }
      others.map { |key| "#{key} is not a string" } + booleans.map { |key| "#{key} is not true or false" } +
        texts.reject { |key| storable?(@values[key]) }.map { |key| "#{key} holds a NUL or is not UTF-8" }
    end

    # PostgreSQL accepts nothing else.
    def storable?(text)
      text.valid_encoding? && !text.include?("\0")
    end

    # The required keys that are missing, and the keys that the operation does not have.
    def unfit_keys
      operation = @values["op"]
      needed = REQUIRED[operation]
      return ["op is not one of #{REQUIRED.keys.join(', ')}"] unless needed

      missing = needed.select { |key| @values[key].to_s.match?(/\A[[:space:]]*\z/) }
      foreign = @values.keys - ["op", *needed, *OPTIONAL[operation]]
      missing.map { |key| "#{key} is missing" } + foreign.map { |key| "#{key} is not a key of #{operation}" }
    end
  end

  # The user operations, each in one transaction.
  class UserOperation
    METHODS = { "create" => :create, "promote" => :promote, "anonymize" => :anonymize,
                "add-admin" => :add_admin }.freeze
    # What lets somebody into an account without its password, or reads along.
    ACCESSES = %i[user_auth_tokens user_api_keys api_keys user_second_factors all_security_keys user_associated_accounts
                  email_change_requests push_subscriptions].freeze
    # The linked accounts of older login plugins; Discourse has announced that it will drop them.
    LEGACY_ACCOUNTS = :oauth2_user_infos

    def initialize(request)
      @request = request
    end

    def run
      check_password_length
      User.transaction { public_send(METHODS.fetch(@request["op"])) }
    rescue ActiveRecord::RecordInvalid => e
      raise Refusal.invalid(e.record.errors.full_messages)
    rescue ActiveRecord::RecordNotUnique # created by another process in the meantime
      raise Refusal.new(Refusal::EXISTS, "a user with this e-mail address or username was created meanwhile")
    end

    def create
      raise Refusal.new(Refusal::EXISTS, "user #{email} exists already") if existing_user

      user = create_user
      activate(user) if @request["active"]
      make_admin(user) if @request["admin"]
      { user: email, created: true, changed: true }
    end

    def promote
      user = existing_user || raise(Refusal.new(Refusal::NOT_FOUND, "no user #{email}"))
      doubt = doubt_about(user)
      raise Refusal.new(doubt, "#{email} #{Refusal::DOUBTS[doubt]}") if doubt

      { user: email, created: false, changed: make_admin(user) }
    end

    # The password comes first, because the stricter rule for admins applies only to existing ones.
    def add_admin
      known = existing_user
      take_over(known) if known && doubt_about(known)
      user = known || create_user
      changed = [known.nil? || update_password(known), make_admin(user), activate(user)].any?
      { user: email, created: known.nil?, changed: changed }
    end

    def anonymize
      user = User.find_by_username(@request["username"]) ||
             raise(Refusal.new(Refusal::NOT_FOUND, "no user #{@request['username']}"))
      raise Refusal.invalid(["#{@request['username']} is an admin or a system user"]) if user.admin? || user.id <= 0

      UserAnonymizer.make_anonymous(user, Discourse.system_user)
      { user: @request["username"], created: false, changed: true }
    end

    private

    def email
      @request["email"]
    end

    def existing_user
      user = User.find_by_email(email)
      raise Refusal.invalid(["#{email} belongs to a system user"]) if user && user.id <= 0

      user
    end

    # Why the account may not be of the one who reads mail to the address, or nil.
    def doubt_about(user)
      return Refusal::UNCONFIRMED if user.staged? || !confirmed?(user)

      Refusal::INACTIVE unless user.active?
    end

    # Discourse's own email_confirmed? is true for any account without tokens. A DiscourseConnect provider vouches for addresses.
    def confirmed?(user)
      user.email_tokens.exists?(email: email.downcase, confirmed: true) ||
        user.single_sign_on_record&.external_email.to_s.casecmp?(email)
    end

    # Whoever registered the account must not stay in it: an identity provider's unconfirmed address is enough to register.
    # With a secondary address, its owner would get in, because identity providers' users are found by any of the addresses.
    def take_over(user)
      raise Refusal.invalid(["#{email} is not the primary address of its account"]) unless user.email.casecmp?(email)

      ACCESSES.each { |access| user.public_send(access).destroy_all }
      user.public_send(LEGACY_ACCOUNTS).destroy_all if user.respond_to?(LEGACY_ACCOUNTS)
      user.user_emails.secondary.destroy_all
      user.single_sign_on_record&.destroy!
      user.unstage! if user.staged?
    end

    # Approved, because the operator has created the user.
    def create_user
      user = User.new
      user.email = email
      user.username = @request["username"] || UserNameSuggester.suggest(email)
      user.password = @request["password"]
      user.approved = true
      user.approved_by_id = Discourse.system_user.id
      user.approved_at = Time.now.utc
      user.save!
      raise_trust_level(user)
      user
    end

    # For a longer one, Discourse raises an error instead of validating.
    def check_password_length
      return if @request["password"].to_s.size <= User.max_password_length

      raise Refusal.invalid(["password is longer than #{User.max_password_length} characters"])
    end

    # Discourse rejects the current password of a user. Returns whether anything changed.
    def update_password(user)
      return false if user.confirm_password?(@request["password"])

      user.password = @request["password"]
      user.save!
      true
    end

    # Returns whether anything changed.
    def make_admin(user)
      return false if user.admin?

      user.grant_admin!
      raise_trust_level(user)
      true
    end

    # Discourse's own activate confirms a new token; it ignores a failed save, so check the result.
    def activate(user)
      return false if user.active? && confirmed?(user)

      user.activate
      raise Refusal.invalid(["#{email} could not be activated"]) unless user.active?

      true
    end

    def raise_trust_level(user)
      user.change_trust_level!(1) if user.trust_level < 1
    end
  end
end

namespace :charm do
  desc "Create, promote or anonymize a user: one JSON object on standard input"
  task :user do
    request = Charm::Request.read($stdin)
    Rake::Task["environment"].invoke
    Charm.finish(Charm::DONE, Charm::UserOperation.new(request).run)
  rescue Charm::Refusal => e
    Charm.finish(e.code, { error: e.message, messages: e.messages })
  rescue StandardError => e
    warn e.backtrace
    text = Charm.first_line(e, request && request["password"])
    Charm.finish(Charm::UNEXPECTED, { error: text, messages: [] })
  end
end
