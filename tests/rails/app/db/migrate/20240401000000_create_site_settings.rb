# frozen_string_literal: true

class CreateSiteSettings < ActiveRecord::Migration[6.1]
  def change
    create_table :site_settings do |t|
      t.string :name, null: false
      t.integer :data_type, null: false
      t.text :value
      t.timestamps
    end
    add_index :site_settings, :name, unique: true
  end
end
