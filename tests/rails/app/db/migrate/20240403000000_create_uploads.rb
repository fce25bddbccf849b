# frozen_string_literal: true

class CreateUploads < ActiveRecord::Migration[6.1]
  def change
    create_table :uploads do |t|
      t.integer :user_id
      t.string :original_filename, null: false
      t.string :url, null: false
      t.string :sha1, limit: 40
      t.timestamps
    end
    create_table :upload_references do |t|
      t.integer :upload_id, null: false
      t.string :target_type, null: false
      t.integer :target_id, null: false
    end
    create_table :optimized_images do |t|
      t.integer :upload_id, null: false
      t.string :url, null: false
    end
  end
end
