# frozen_string_literal: true

class CreateEmailLogs < ActiveRecord::Migration[6.1]
  def change
    create_table :email_logs do |t|
      t.string :to_address, null: false
      t.string :email_type, null: false
      t.string :message_id
      t.timestamps
    end
    create_table :skipped_email_logs do |t|
      t.string :to_address, null: false
      t.string :email_type, null: false
      t.integer :reason_type, null: false
      t.text :custom_reason
      t.timestamps
    end
  end
end
