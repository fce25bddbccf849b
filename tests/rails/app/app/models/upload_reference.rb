# frozen_string_literal: true

# Imitates UploadReference.
class UploadReference < ApplicationRecord
end
