# frozen_string_literal: true

# Imitates Topic.
class Topic < ApplicationRecord
end
