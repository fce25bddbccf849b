# frozen_string_literal: true

class CreateUploadedAssets < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE uploaded_assets (
        id serial PRIMARY KEY,
        bucket varchar NOT NULL,
        path varchar NOT NULL,
        uploaded_at timestamp NOT NULL
      )
    SQL
  end
end
