# frozen_string_literal: true

# Takes a user's name, address and password away.
class UserAnonymizer
  def self.make_anonymous(user, actor = nil)
    new(user, actor).make_anonymous
  end

  def initialize(user, actor)
    @user = user
    @actor = actor
  end

  def make_anonymous
    User.transaction do
      note(@user.username)
      @user.username = anonymous_name
      @user.email = "#{@user.username}@anonymized.invalid"
      @user.name = nil
      @user.password = SecureRandom.hex
      @user.save!
    end
    @user
  end

  private

  def anonymous_name
    loop do
      name = "anon#{SecureRandom.random_number(10**8)}"
      return name if User.username_available?(name)
    end
  end

  def note(username)
    ActiveRecord::Base.query(
      "INSERT INTO user_histories (action, target_user_id, acting_user_id, details, created_at) " \
      "VALUES ('anonymize_user', $1, $2, $3, now())",
      @user.id, (@actor || @user).id, "username: #{username}"
    )
  end
end
