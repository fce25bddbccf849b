# frozen_string_literal: true

class RequireNormalizedEmail < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      ALTER TABLE user_emails ALTER COLUMN normalized_email SET NOT NULL
    SQL
  end
end
