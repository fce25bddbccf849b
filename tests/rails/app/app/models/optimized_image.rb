# frozen_string_literal: true

# Imitates OptimizedImage.
class OptimizedImage < ApplicationRecord
end
