# frozen_string_literal: true

# Rows that every forum needs; running twice changes nothing.
module SeedFu
  SYSTEM_USER = "INSERT INTO users (id, username, username_lower, admin, active, approved, trust_level, " \
                "created_at, updated_at) VALUES ($1, 'system', 'system', true, true, true, 4, now(), now()) " \
                "ON CONFLICT (id) DO NOTHING"
  CATEGORY = "INSERT INTO categories (id, name, created_at, updated_at) " \
             "VALUES (1, 'Uncategorized', now(), now()) ON CONFLICT (id) DO NOTHING"

  def self.seed(*_paths)
    raise "seed-fail: told to fail" if Knobs["seed-fail"]

    ActiveRecord::Base.query(SYSTEM_USER, Discourse::SYSTEM_USER_ID)
    ActiveRecord::Base.query(CATEGORY)
  end
end
