# frozen_string_literal: true

require "zlib"
require_relative "forum"

# What stands in a row, and must appear nowhere else.
SECRET_ROW = "hunter2-of-a-row"

# A forum that has changed since its backup.
class Bench
  SAVED = Dir.mktmpdir

  # The name of a backup of a forum with the post `old`, which has `new` as well by now. The backup is made once, for all cases whose
  # forums are alike, or of this very forum.
  def backed_up(own: false, env: {})
    write_posts "old"
    name = own ? make_backup(env) : saved_backup
    write_posts "new"
    image.knob("restore-wait", "0.1")
    name
  end

  def make_backup(env = {})
    operate("backup", env: env, name: "saved", uploads: true, s3_uploads: false).result["backup"]
  end

  def saved_backup
    unless Dir.children(SAVED).any?
      FileUtils.cp("#{BACKUPS}/#{make_backup}", SAVED)
      FileUtils.rm_f(Image::JOURNAL)
    end
    FileUtils.cp(Dir["#{SAVED}/*"], BACKUPS)
    Dir.children(SAVED).first
  end

  def migrate_by_hand(part)
    equal 0, image.job("migrate", HEADER, env: part == "pre" ? { "SKIP_POST_DEPLOYMENT_MIGRATIONS" => "1" } : {}).code
  end

  def runner(code)
    image.run("/usr/bin/ruby", "-e", "require './config/environment'; #{code}")
  end

  # A backup whose rows of posts were changed before they came into the file.
  def spoil(name)
    file = "#{BACKUPS}/#{name}"
    lines = Zlib::GzipReader.open(file, &:readlines)
    first = lines.index { |line| line.start_with?("COPY public.posts ") } + 1
    lines[first] = yield lines[first]
    Zlib::GzipWriter.open(file) { |gzip| gzip.write(lines.join) }
  end

  # By identity, since a table that moves is the same.
  def relations(schema = "public")
    rows("SELECT oid FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = '#{schema}') ORDER BY 1").flatten
  end
end

test "restore brings the backup back, switches mail off, and takes its mark away" do
  name = backed_up
  ended = restore(name)
  equal [0, { "restored" => name, "emails" => "disabled" }], [ended.code, ended.result]
  equal [%w[old], nil, [%w[non-staff]]], [posts, mark, rows("SELECT value FROM site_settings WHERE name = 'disable_emails'")]
  truth tables("backup").include?("posts"), "the old tables are gone"
  equal listed("pre", "post"), rows("SELECT version FROM schema_migrations ORDER BY version").flatten
end

test "restore leaves mail as it is if it is told to, or if the backup says so" do
  name = backed_up
  equal "unchanged", restore(name, disable_emails: false).result["emails"]
  rows("DROP SCHEMA backup CASCADE; INSERT INTO site_settings (name, data_type, value, created_at, updated_at) VALUES ('disable_emails', 1, 'yes', now(), now())")
  name = backup(name: "silent").result["backup"]
  equal "unchanged", restore(name).result["emails"]
end

test "restore migrates a backup of an older forum, its post-deployment part included", database: :empty do
  migrate_by_hand("pre")
  name = backed_up(own: true)
  migrate_by_hand("post")
  equal 0, restore(name).code
  equal [%w[old], listed("pre", "post")], [posts, rows("SELECT version FROM schema_migrations ORDER BY version").flatten]
end

test "restore takes a backup that a client from 17 on has dumped" do
  image.knob("dump-newer")
  name = backed_up(own: true)
  truth Zlib::GzipReader.open("#{BACKUPS}/#{name}", &:read).include?("SET transaction_timeout = 0;"), "the dump has not the line"
  equal 0, restore(name).code
  equal %w[old], posts
end

test "restore takes that line for what it is only before the data" do
  write_posts "SET transaction_timeout = 0;"
  image.knob("dump-newer")
  name = backed_up(own: true)
  equal 0, restore(name).code
  equal ["SET transaction_timeout = 0;", "old"], posts
end

test "restore goes by the role that owns the tables, not by the name of the login" do
  servers.admin.exec("CREATE ROLE login_#{@database} LOGIN PASSWORD '#{Servers::PASSWORD}' IN ROLE forum")
  servers.admin.exec("ALTER ROLE login_#{@database} SET role TO forum")
  env = { "DISCOURSE_DB_USERNAME" => "login_#{@database}" }
  name = backed_up(own: true, env: env)
  equal 0, restore(name, env: env).code
  equal %w[old], posts
end

test "the password of the database is in no argument, log or summary of a restore" do
  name = backed_up
  seen = command_lines { |env| equal 0, restore(name, env: env).code }
  truth seen.include?("psql --dbname="), "psql was not seen"
  truth !seen.include?(CANARY), "the password was seen"
  equal [], image.log("restore").grep(/#{CANARY}/) + image.summary("restore").grep(/#{CANARY}/)
end

# What is refused before anything is changed, and what the outcome says.
REFUSED = {
  "a schema backup that is not empty" => ["CREATE SCHEMA backup; CREATE TABLE backup.posts (id int); COMMENT ON SCHEMA backup IS '#{MARK}'",
                                          "schema backup is not empty, which restore-backup with discard-previous=true drops"],
  "what the charm has called off" => ["CREATE SCHEMA backup", "the restore was called off"],
  "the mark of another restore" => ["CREATE SCHEMA backup; COMMENT ON SCHEMA backup IS 'charm-restore x begun 1 by forum/0'",
                                    "schema backup has another mark: charm-restore x begun 1 by forum/0"]
}.freeze

REFUSED.each do |what, (change, text)|
  test "restore refuses #{what}, before it boots" do
    name = backed_up
    rows(change)
    before = [relations, relations("backup"), mark, image.boots.size]
    ended = restore(name, asked: false)
    equal [1, true], [ended.code, ended.outcome.include?(text)]
    equal before, [relations, relations("backup"), mark, image.boots.size]
    equal %w[old new], posts
  end
end

["../x.sql.gz", "http://example.com/x.sql.gz", "x.zip", "-x.sql.gz"].each do |name|
  test "restore refuses #{name} for the name of a backup", database: :none do
    equal [1, []], [restore(name, asked: false).code, image.boots]
  end
end

test "restore fails and changes nothing where the backup does not exist" do
  backed_up
  before = relations
  equal 1, restore("other-v20240101000000.sql.gz").code
  equal [before, %w[old new], nil], [relations, posts, mark]
end

# Discourse undoes what it can after an error.
%w[move functions load migrate settings uploads].each do |step|
  test "after an error at #{step}, the old forum is back, nothing else is mixed with it, and the mark is gone" do
    rows("CREATE TABLE extra AS SELECT 1 AS id; ALTER TABLE extra OWNER TO forum; CREATE TYPE mood AS ENUM ('good'); ALTER TYPE mood OWNER TO forum")
    name = backed_up(own: true)
    rows("DROP TABLE extra; DROP TYPE mood")
    before = relations
    image.knob("die-at", "#{step} raise")
    equal [1, "job: failed RuntimeError: die-at: told to fail at #{step}"], restore(name).to_a.first(2)
    equal [before, %w[old new], nil, []], [relations, posts, mark, relations("backup")]
    equal [], rows("SELECT 1 FROM pg_type WHERE typname = 'mood'")
  end
end

# Rows that PostgreSQL refuses, and how the outcome goes on.
SPOILT = {
  "a value of the wrong type" => [->(row) { row.sub(/\A\d+/, SECRET_ROW) }, "invalid input syntax for type bigint"],
  "a row twice" => [->(row) { row + row.sub(/\A\d+/, "77") }, "could not create unique index 'posts_of_raw'"]
}.freeze

# How the restore of a backup ends whose row of a post the block has changed; the forum is as it was.
def restore_spoilt(&change)
  write_posts SECRET_ROW
  rows("CREATE UNIQUE INDEX posts_of_raw ON posts (raw)")
  name = operate("backup", name: nil, uploads: true, s3_uploads: false).result["backup"]
  spoil(name, &change)
  image.knob("restore-wait", "0.1")
  ended = restore(name)
  equal [[SECRET_ROW], nil], [posts, mark]
  ended.to_a.first(2)
end

SPOILT.each do |what, (change, cause)|
  test "a restore of #{what} names the cause, and shows nothing of the row" do
    equal [1, "job: failed BackupRestore::DatabaseRestoreError: psql failed: ERROR:  #{cause}"], restore_spoilt(&change)
    equal [[], []], [image.log("restore"), image.summary("restore")].map { |lines| lines.grep(/#{SECRET_ROW}/) }
  end
end

test "a restore whose error ends with a line of a value names no cause" do
  equal [1, "job: failed BackupRestore::DatabaseRestoreError: psql failed"],
        restore_spoilt { |row| row.sub(/\A\d+/, "odd\\n#{SECRET_ROW}") }
end

test "the lock is held as long as a child of a killed restore is at work" do
  write_posts "old"
  name = backup(name: "saved").result["backup"]
  image.knob("restore-wait", "0.1")
  image.knob("migrate-sleep", "3")
  ask
  ended = during("restore", backup: name, location: "local", disable_emails: true, mark: MARK) do
    await_line("restore", "Migrating the database...")
    await("the child") { image.boots.last["argv"].include?("db:migrate") }
    Process.kill("KILL", image.boots.last(2).first["pid"])
    await("the end of rake") { image.log("restore").last.start_with?("job: ") }
    truth lock_held?, "the lock is free while rake db:migrate runs"
  end
  equal [1, "job: failed exit code 137"], ended.to_a.first(2)
  await("the lock") { !lock_held? }
  equal MARK, mark
end

test "a restore whose session with the lock is lost ends at once with all that it started, and keeps its mark" do
  name = backed_up
  image.knob("migrate-sleep", "30")
  ask
  ended = during("restore", backup: name, location: "local", disable_emails: true, mark: MARK) do
    await_line("restore", "Migrating the database...")
    await("the child") { image.boots.last["argv"].include?("db:migrate") }
    rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'charm-restore'")
  end
  equal [1, true, MARK], [ended.code, ended.outcome.include?("the session with the lock of the operation is lost"), mark]
  equal [], Dir["/proc/[0-9]*/cmdline"].map { |file| File.read(file) rescue "" }.grep(/db:migrate/)
end

test "nobody but the charm touches the schema backup while the mark is set, nor drops it" do
  name = backed_up
  image.knob("die-at", "migrate KILL")
  restore(name)
  servers.redis.flushall # Discourse's own mark, again
  before = [relations, relations("backup")]
  job = "BackupMetadata.update_last_restore_date(30.days.ago); BackupRestore::DatabaseRestorer.drop_backup_schema"
  equal 0, runner(job).code
  truth runner("BackupRestore.rollback!").output.include?("belongs to a restore of the charm"), "Discourse rolled back"
  equal before, [relations, relations("backup")]
  rows("COMMENT ON SCHEMA backup IS NULL")
  runner(job)
  equal [], relations("backup")
end
