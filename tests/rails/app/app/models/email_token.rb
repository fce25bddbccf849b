# frozen_string_literal: true

# Imitates EmailToken.
class EmailToken < ApplicationRecord
  belongs_to :user
  before_create { self.token_hash = SecureRandom.hex(32) }
end
