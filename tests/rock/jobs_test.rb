# frozen_string_literal: true

VERSIONS = "SELECT version FROM schema_migrations ORDER BY version"

test "migrate writes the header first and the outcome last", database: :empty do
  run = image.job("migrate", "image=one database=3/forum digest=abc")
  log = image.log("migrate")
  equal [0, "", "image=one database=3/forum digest=abc", "job: done"], [run.code, run.output, log.first, log.last]
end
