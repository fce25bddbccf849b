# frozen_string_literal: true

# An enum type, a view and a materialised view, which change owners in other ways than tables do.
class CreateHotlinkedMedia < ActiveRecord::Migration[6.1]
  def up
    execute "CREATE TYPE hotlinked_media_status AS ENUM ('downloaded', 'too_large', 'download_failed')"
    execute <<~SQL
      CREATE TABLE post_hotlinked_media (
        id bigserial PRIMARY KEY,
        post_id integer NOT NULL,
        url varchar NOT NULL,
        status hotlinked_media_status NOT NULL
      )
    SQL
    execute "CREATE VIEW failed_media AS SELECT post_id, url FROM post_hotlinked_media WHERE status <> 'downloaded'"
    execute "CREATE MATERIALIZED VIEW post_counts AS SELECT topic_id, count(*) AS posts FROM posts GROUP BY topic_id"
  end
end
