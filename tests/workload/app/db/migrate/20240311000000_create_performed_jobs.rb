# frozen_string_literal: true

class CreatePerformedJobs < ActiveRecord::Migration[7.2]
  def up
    execute <<~SQL
      CREATE TABLE performed_jobs (
        jid varchar PRIMARY KEY,
        name varchar NOT NULL,
        hostname varchar NOT NULL,
        performed_at timestamp NOT NULL
      )
    SQL
  end
end
