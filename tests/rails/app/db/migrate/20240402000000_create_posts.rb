# frozen_string_literal: true

class CreatePosts < ActiveRecord::Migration[6.1]
  def change
    create_table :posts do |t|
      t.integer :user_id
      t.integer :topic_id, null: false
      t.text :raw, null: false
      t.text :cooked, null: false, default: ""
      t.string :edit_reason, limit: 40
      t.integer :baked_version
      t.datetime :baked_at
      t.datetime :processed_at
      t.datetime :deleted_at
      t.integer :rebake_attempts, null: false, default: 0
      t.timestamps
    end
    create_table :post_custom_fields do |t|
      t.integer :post_id, null: false
      t.string :name, null: false
      t.text :value
    end
    create_table :topic_links do |t|
      t.integer :post_id
      t.string :url, limit: 100, null: false
    end
  end
end
