# frozen_string_literal: true

# Imitates PostCustomField.
class PostCustomField < ApplicationRecord
end
