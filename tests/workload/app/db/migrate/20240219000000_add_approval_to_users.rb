# frozen_string_literal: true

class AddApprovalToUsers < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      ALTER TABLE users
        ADD COLUMN approved boolean NOT NULL DEFAULT false,
        ADD COLUMN approved_by_id integer,
        ADD COLUMN approved_at timestamp
    SQL
  end
end
