# frozen_string_literal: true

# Imitates EmailLog.
class EmailLog < ApplicationRecord
end
