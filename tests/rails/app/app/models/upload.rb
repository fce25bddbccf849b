# frozen_string_literal: true

# Imitates Upload; the system's own have negative numbers.
class Upload < ApplicationRecord
  scope :by_users, -> { where("id > 0") }
end
