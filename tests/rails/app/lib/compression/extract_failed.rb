# frozen_string_literal: true

module Compression
  # Imitates the error of what is larger than a setting allows.
  class ExtractFailed < StandardError; end
end
