# frozen_string_literal: true

# Imitates UserEmail.
class UserEmail < ApplicationRecord
  belongs_to :user
  scope :secondary, -> { where(primary: false) }
end
