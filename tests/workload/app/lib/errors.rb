# frozen_string_literal: true

# What validation found, as Active Model words it.
class Errors
  def initialize
    @messages = []
  end

  def add(attribute, message)
    @messages << "#{attribute.to_s.capitalize.tr('_', ' ')} #{message}"
  end

  def clear
    @messages.clear
  end

  def empty?
    @messages.empty?
  end

  def full_messages
    @messages.dup
  end
end
