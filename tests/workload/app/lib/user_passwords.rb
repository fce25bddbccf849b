# frozen_string_literal: true

require "openssl"

# Password hashes, in a table of their own.
module UserPasswords
  LIMIT = 200
  ITERATIONS = 1000
  ALGORITHM = "$pbkdf2-sha256$i=#{ITERATIONS},l=32$"

  def self.store(user, password)
    salt = SecureRandom.hex(16)
    ActiveRecord::Base.query(
      "INSERT INTO user_passwords (user_id, password_hash, password_salt, password_algorithm, created_at, updated_at) " \
      "VALUES ($1, $2, $3, $4, now(), now()) ON CONFLICT (user_id) DO UPDATE SET " \
      "password_hash = excluded.password_hash, password_salt = excluded.password_salt, updated_at = now()",
      user.id, digest(password, salt), salt, ALGORITHM
    )
  end

  def self.match?(user, password)
    row = ActiveRecord::Base.query("SELECT password_hash, password_salt FROM user_passwords WHERE user_id = $1", user.id).first
    !row.nil? && row["password_hash"] == digest(password, row["password_salt"])
  end

  def self.digest(password, salt)
    OpenSSL::KDF.pbkdf2_hmac(password, salt: salt, iterations: ITERATIONS, length: 32, hash: "sha256").unpack1("H*")
  end
end
