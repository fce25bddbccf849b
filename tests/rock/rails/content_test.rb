# frozen_string_literal: true

require_relative "forum"

UPLOADS = "/srv/discourse/app/public/uploads/default"
S3 = { "DISCOURSE_S3_BUCKET" => "assets", "DISCOURSE_S3_REGION" => "here", "DISCOURSE_S3_CDN_URL" => "https://cdn.example.com",
       "DISCOURSE_S3_ACCESS_KEY_ID" => "id", "DISCOURSE_S3_SECRET_ACCESS_KEY" => "canary-of-s3" }.freeze
MARK_OF_DISCOURSE = "default:backup_restore_operation_is_running"
RENAME = { from: "example.com", to: "forum.example.com", regex: false }.freeze

# Posts come before topics, which name the same host.
class Bench
  def write_hosts
    write_posts "see example.com"
    rows("INSERT INTO topics (title, created_at) VALUES ('of example.com', now())")
  end

  def hosts
    [posts, rows("SELECT title FROM topics WHERE title LIKE '%example.com'").flatten]
  end

  # Begin a replacement that waits until the block has ended, because another session has locked a later table; how it ended.
  def during_remap
    other = servers.admin(@database)
    other.exec("BEGIN; LOCK TABLE topics IN SHARE MODE")
    during("remap", **RENAME) do
      waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'charm-remap' AND wait_event_type = 'Lock'"
      await("a replacement that waits") { rows(waiting).any? }
      yield
    ensure
      other.close
    end
  end

  # Discourse's own mark of a backup or a restore that runs.
  def operating?
    servers.redis.exists?(MARK_OF_DISCOURSE)
  end
end

test "rebake renders the posts that are marked, and no others" do
  write_posts "one", "two"
  rows("UPDATE posts SET baked_version = NULL WHERE raw = 'two'")
  equal [0, { "total" => 1, "remaining" => 0, "failed" => 0 }], operate("rebake", posts: "marked").then { |ended| [ended.code, ended.result] }
  equal [%w[one one], ["two", "<p>two</p>"]], rows("SELECT raw, cooked FROM posts ORDER BY id")
end

test "rebake counts the posts that cannot be rendered, which stay marked, and goes on" do
  write_posts "one", "two", "three"
  image.knob("rebake-fail", rows("SELECT id FROM posts WHERE raw = 'two'").flatten.first)
  equal({ "total" => 3, "remaining" => 1, "failed" => 1 }, operate("rebake", posts: "all").result)
  equal ["two"], rows("SELECT raw FROM posts WHERE baked_version IS NULL").flatten
  equal [], rows("SELECT value FROM site_settings WHERE name = 'disable_system_edit_notifications'")
end

test "a killed rebake goes on where it was, and its setting is not left behind" do
  write_posts(*("a".."f"))
  image.knob("rebake-sleep", "0.5")
  during("rebake", posts: "all") do
    await_line("rebake", "charm-progress: 0 of 6 posts, 0 failed")
    await("the first post") { rows("SELECT 1 FROM posts WHERE baked_version = 2").any? }
    Process.kill("KILL", image.boots.last["pid"])
  end
  left = rows("SELECT count(*) FROM posts WHERE baked_version IS NULL").first.first.to_i
  truth left.between?(1, 5), "#{left} are left"
  equal({ "total" => left, "remaining" => 0, "failed" => 0 }, operate("rebake", posts: "marked").result)
  equal [], rows("SELECT value FROM site_settings WHERE name = 'disable_system_edit_notifications'")
end

test "remap replaces a text wherever it stands, and counts only what it changed" do
  write_posts "see 100% http://old", "a http://old http://old", "nothing"
  ended = operate("remap", from: "http://old", to: "https://new", regex: false)
  equal [0, { "changed" => 2 }], [ended.code, ended.result]
  equal ["see 100% https://new", "a https://new https://new", "nothing"], posts
end

test "remap takes wildcards, quotes and colons as they are" do
  write_posts "100%", "1000", %q(it''s :to \\d)
  equal({ "changed" => 1 }, operate("remap", from: "100%", to: "all_", regex: false).result)
  equal({ "changed" => 1 }, operate("remap", from: %q(it's :to \d), to: %q(:from's \1), regex: false).result)
  equal ["all_", "1000", %q(:from's \1)], posts
end

test "remap replaces what a regular expression finds, with what it captured" do
  write_posts "Color=red", "none"
  equal({ "changed" => 1 }, operate("remap", from: "color=([a-z]+)", to: 'is \1', regex: true).result)
  equal ["is red", "none"], posts
end

test "remap says what is wrong with a regular expression" do
  write_posts "x"
  ended = operate("remap", from: "(", to: "", regex: true)
  equal [1, true], [ended.code, ended.outcome.include?("invalid regular expression")]
end

test "remap leaves Rails' own tables and columns that are about to be dropped alone", database: :empty do
  equal 0, image.job("migrate", HEADER, env: { "SKIP_POST_DEPLOYMENT_MIGRATIONS" => "1" }).code
  versions = rows("SELECT version FROM schema_migrations ORDER BY 1")
  equal 0, operate("remap", from: "2024", to: "1999", regex: false).code
  equal versions, rows("SELECT version FROM schema_migrations ORDER BY 1")
  rows("INSERT INTO topics (title, created_at) VALUES ('of abcd', now()); ALTER TABLE topics DISABLE TRIGGER USER; " \
       "UPDATE topics SET excerpt = 'abcd'; ALTER TABLE topics ENABLE TRIGGER USER")
  equal({ "changed" => 1 }, operate("remap", from: "abcd", to: "efgh", regex: false).result)
  equal [["of efgh", "abcd"]], rows("SELECT title, excerpt FROM topics WHERE excerpt IS NOT NULL")
end

test "remap changes nothing where a value would get too long, and names the column without the value" do
  write_posts "short"
  rows("UPDATE posts SET edit_reason = 'short and secret'")
  ended = operate("remap", from: "short", to: "long" * 20, regex: false)
  equal [1, "job: failed RuntimeError: values would get too long, nothing was changed: posts.edit_reason (1 over 40)"], ended.to_a.first(2)
  equal [%w[short], [["short and secret"]]], [posts, rows("SELECT edit_reason FROM posts")]
  equal [], image.log("remap").grep(/secret/)
end

test "remap cuts an address of a link, as Discourse does" do
  rows("INSERT INTO topic_links (url) VALUES ('http://old/#{'a' * 80}')")
  equal({ "changed" => 1 }, operate("remap", from: "http://old", to: "https://another.example.com", regex: false).result)
  equal [["100"]], rows("SELECT length(url) FROM topic_links")
end

test "remap changes nothing where a later table refuses it, and all of it once when it is asked again" do
  write_hosts
  rows("ALTER TABLE topics ADD CONSTRAINT short CHECK (title NOT LIKE '%forum.%')")
  ended = operate("remap", **RENAME)
  equal [1, "job: failed RuntimeError: nothing was changed: table topics: PG::CheckViolation: ERROR:  new row for relation 'topics' " \
            "violates check constraint 'short'"], ended.to_a.first(2)
  equal [["see example.com"], ["of example.com"]], hosts
  equal [], image.log("remap").grep(/of forum/)
  rows("ALTER TABLE topics DROP CONSTRAINT short")
  equal({ "changed" => 2 }, operate("remap", **RENAME).result)
  equal [["see forum.example.com"], ["of forum.example.com"]], hosts
end

{ "TERM" => "job: failed SignalException: SIGTERM", "KILL" => "job: failed exit code 137" }.each do |signal, outcome|
  test "remap changes nothing if it gets #{signal} halfway" do
    write_hosts
    ended = during_remap do
      Process.kill(signal, image.boots.last["pid"])
      await("the outcome") { image.log("remap").last.start_with?("job: ") }
    end
    equal [1, outcome], ended.to_a.first(2)
    await("the lock") { !lock_held? }
    # A process that is killed leaves it for a minute.
    equal signal == "KILL", operating?
    truth servers.redis.ttl(MARK_OF_DISCOURSE) <= 60, "the mark does not end"
    equal [["see example.com"], ["of example.com"]], hosts
  end
end

test "remap changes nothing if its session is lost halfway" do
  write_hosts
  ended = during_remap do
    rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'charm-remap'")
    await("the outcome") { image.log("remap").last.start_with?("job: ") }
  end
  truth ended.outcome.match?(/\Ajob: failed .*(nothing was changed: table topics: PG::|the session with the lock of the operation is lost)/), ended.outcome
  equal [["see example.com"], ["of example.com"]], hosts
end

test "remap waits for a table as long as it takes, and shows how far it is" do
  write_hosts
  ended = during_remap do
    await("progress") { image.summary("remap").last.start_with?("progress: ") }
    sleep 4
  end
  equal [0, { "changed" => 2 }], [ended.code, ended.result]
end

test "remap is done once the tables are, whatever Discourse's caches do" do
  write_hosts
  image.knob("die-at", "remap-finish raise")
  equal({ "changed" => 2 }, operate("remap", **RENAME).result)
  equal 1, image.log("remap").count { |line| line.include?("told to fail at remap-finish") }
end

test "Discourse begins no backup and no restore while remap runs, and may when it has ended" do
  write_hosts
  during_remap { truth operating?, "the mark is not set" }
  truth !operating?, "the mark is left"
  rows("ALTER TABLE topics ADD CONSTRAINT short CHECK (title NOT LIKE '%old.%')")
  equal 1, operate("remap", from: "forum.example", to: "old.example", regex: false).code
  truth !operating?, "the mark is left after a failure"
end

test "Discourse begins no backup and no restore while migrate-uploads runs, and may when it has ended" do
  image.knob("hold-at", "remap-posts")
  ended = during("migrate-uploads", env: S3, dry_run: false) do
    await_line("migrate-uploads", "held at remap-posts")
    truth operating?, "the mark is not set"
    image.knob("die-at", "remap-topics raise")
    File.delete("#{Image::KNOBS}/hold-at")
  end
  equal [1, false], [ended.code, operating?]
end

test "migrate-uploads counts the files and, in a dry run, moves none" do
  FileUtils.mkdir_p("#{UPLOADS}/original/1X")
  File.write("#{UPLOADS}/original/1X/a.png", "x")
  ended = operate("migrate-uploads", env: S3, dry_run: true)
  equal [0, { "files" => 1 }], [ended.code, ended.result]
  equal 0, operate("migrate-uploads", env: S3, dry_run: false).code
  equal [], image.log("migrate-uploads").grep(/#{S3['DISCOURSE_S3_SECRET_ACCESS_KEY']}/)
ensure
  FileUtils.rm_rf(UPLOADS)
end

test "migrate-uploads refuses a dry run that would move uploads of an old form" do
  image.knob("old-scheme")
  ended = operate("migrate-uploads", env: S3, dry_run: true)
  equal [1, true], [ended.code, ended.outcome.include?("addresses of an old form")]
end

test "migrate-uploads says what it needs" do
  ended = operate("migrate-uploads", dry_run: true)
  equal [1, true], [ended.code, ended.outcome.start_with?("job: failed FileStore::ToS3MigrationError: Please provide")]
end

test "upload-assets counts what was sent and what the bucket had" do
  image.job("upload-assets", HEADER, env: S3)
  equal 'job: done {"uploaded":2,"skipped":0}', image.log("upload-assets").last
  image.job("upload-assets", HEADER, env: S3)
  equal 'job: done {"uploaded":0,"skipped":2}', image.log("upload-assets").last
end
