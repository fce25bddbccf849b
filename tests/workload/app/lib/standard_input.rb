# frozen_string_literal: true

require "delegate"

# Standard input that counts what was read, for the journal.
class StandardInput < SimpleDelegator
  attr_reader :bytes

  def initialize(input)
    super
    @bytes = 0
  end

  def read(*arguments)
    text = super
    @bytes += text.to_s.bytesize
    text
  end
end
