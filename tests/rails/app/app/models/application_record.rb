# frozen_string_literal: true

# Imitates nothing: the base class of the models.
class ApplicationRecord < ActiveRecord::Base
  self.abstract_class = true
end
