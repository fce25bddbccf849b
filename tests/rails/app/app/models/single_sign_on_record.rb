# frozen_string_literal: true

# Imitates SingleSignOnRecord.
class SingleSignOnRecord < ApplicationRecord
end
