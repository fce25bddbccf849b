# frozen_string_literal: true

require "tmpdir"

VERSIONS = "SELECT version FROM schema_migrations ORDER BY version"
HEADER = "image=one database=3/forum digest=abc"
S3 = { "DISCOURSE_S3_BUCKET" => "assets", "DISCOURSE_S3_REGION" => "here",
       "DISCOURSE_S3_ACCESS_KEY_ID" => "id", "DISCOURSE_S3_SECRET_ACCESS_KEY" => "key" }.freeze

def listed(*parts)
  File.readlines("/srv/discourse/MIGRATIONS").map(&:split).select { |part, _| parts.include?(part) }.map(&:last)
end

# Exit code, first and last line of the log of a migration.
def migrate(header = HEADER, **env)
  run = image.job("migrate", header, env: env.transform_keys(&:to_s))
  [run.code, image.log("migrate").first, image.log("migrate").last]
end

test "migrate writes the header first and the outcome last, boots once and applies everything", database: :empty do
  equal [0, HEADER, "job: done"], migrate
  equal listed("pre", "post"), rows(VERSIONS).flatten
  equal [%w[bin/rake charm:migrate]], image.boots.map { |boot| boot["argv"] }
end

test "migrate leaves the post-deployment part for later when told so", database: :empty do
  equal [0, HEADER, "job: done"], migrate(SKIP_POST_DEPLOYMENT_MIGRATIONS: "1")
  equal listed("pre"), rows(VERSIONS).flatten
  equal [0, "second", "job: done"], migrate("second")
  equal listed("pre", "post"), rows(VERSIONS).flatten
end

test "migrate leaves a database alone that was to be empty and is not", database: :empty do
  migrate(SKIP_POST_DEPLOYMENT_MIGRATIONS: "1")
  equal [75, "second", "job: busy"], migrate("second", EMPTY_DATABASE_ONLY: "1")
  equal listed("pre"), rows(VERSIONS).flatten
end

test "migrate migrates all of an empty database that was to be empty", database: :empty do
  equal [0, HEADER, "job: done"], migrate(EMPTY_DATABASE_ONLY: "1")
  equal listed("pre", "post"), rows(VERSIONS).flatten
end

test "the old code still works between the two parts of a migration", database: :empty do
  migrate(SKIP_POST_DEPLOYMENT_MIGRATIONS: "true")
  equal 0, image.user(op: "add-admin", email: "ann@example.com", password: "correct horse battery").first
  equal [0, HEADER, "job: done"], migrate
  equal [["ann"]], rows("SELECT username FROM users WHERE id > 0")
end

test "migrate has nothing to do the second time, and starts its log anew" do
  equal [0, "first", "job: done"], migrate("first")
  equal [0, "second", "job: done"], migrate("second")
  equal [], image.log("migrate").grep(/migrating|first/)
end

test "migrate does not build the asset processor that the image brings" do
  file = "/srv/discourse/app/tmp/asset-processor.js"
  migrate
  equal [], image.log("migrate").grep(/asset processor/)
  FileUtils.mv(file, "#{file}.away")
  migrate
  equal ["Building the asset processor"], image.log("migrate").grep(/asset processor/)
ensure
  FileUtils.mv("#{file}.away", file)
end

test "migrate keeps odd characters of its header" do
  header = %q(a "b" 'c' $d `e` \n %s *)
  equal [0, header, "job: done"], migrate(header)
end

test "migrate names the migration that failed, and keeps what was done before", database: :empty do
  image.knob("migrate-fail", "20240226000000")
  equal [1, HEADER, "job: failed 20240226000000 CreateCategories"], migrate
  equal listed("pre", "post").select { |version| version < "20240226000000" }, rows(VERSIONS).flatten
end

test "migrate names the migration whose extension PostgreSQL refuses", database: :empty do
  servers.admin.exec("ALTER DATABASE #{@database} OWNER TO postgres; GRANT CONNECT ON DATABASE #{@database} TO forum")
  rows("GRANT ALL ON SCHEMA public TO forum")
  equal [1, HEADER, "job: failed 20240101000000 EnableHstore"], migrate
  refusal = 'permission denied to create extension "hstore"'
  truth image.log("migrate").grep(/#{refusal}/).any?, image.log("migrate").join("\n")
  equal [HEADER, "refused-extension hstore", "job: failed 20240101000000 EnableHstore"], image.summary("migrate")
end

test "migrate needs no right to create extensions that exist", database: :empty do
  servers.admin.exec("ALTER DATABASE #{@database} OWNER TO postgres")
  rows("CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent; GRANT ALL ON SCHEMA public TO forum")
  equal [0, HEADER, "job: done"], migrate
end

test "migrate says what went wrong before any migration began" do
  code, _, outcome = migrate(DISCOURSE_DB_PORT: "1")
  equal 1, code
  truth outcome.start_with?("job: failed ActiveRecord::ConnectionNotEstablished: "), outcome
end

test "a seed that fails is told apart, although rake's own exit code is 0" do
  image.knob("seed-fail")
  equal [3, HEADER, "job: seed-failed RuntimeError: seed-fail: told to fail"], migrate
  equal 0, image.run("bin/rake", "db:migrate").code
end

test "migrate is busy while another process holds the lock", database: :empty do
  image.knob("migrate-sleep", "1.5")
  first = Thread.new { image.run("bin/rake", "db:migrate") }
  sleep 0.05 until rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = " \
                        "(SELECT oid FROM pg_database WHERE datname = current_database())").any?
  equal [75, HEADER, "job: busy"], migrate
  equal 0, first.value.code
  equal [0, "again", "job: done"], migrate("again")
end

test "migrate takes no lock where advisory locks are off", database: :empty do
  image.knob("migrate-sleep", "1")
  first = Thread.new { image.run("bin/rake", "db:migrate", env: { "DISCOURSE_DB_ADVISORY_LOCKS" => "false" }) }
  sleep 0.05 until rows("SELECT 1 FROM pg_tables WHERE tablename = 'schema_migrations'").any?
  equal [], rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")
  equal 0, first.value.code
end

{ "with the mark of a restore" => ["CREATE SCHEMA backup; COMMENT ON SCHEMA backup IS 'charm-restore x begun 1 by forum/0'", :migrated],
  "with the tables of a restore that was interrupted" => ["CREATE SCHEMA backup; CREATE TABLE backup.schema_migrations (version text)", :empty] }
  .each do |what, (change, database)|
  test "migrate leaves a database alone #{what}", database: database do
    rows(change)
    before = rows("SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    equal [1, HEADER, "job: failed Charm::Migration::Restoring: the forum is in the schema backup, where a restore has moved it"], migrate
    equal before, rows("SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace")
  end
end

# Something else in place of bin/rake, for the time of the block.
def with_rake(script)
  original = File.read("/srv/discourse/app/bin/rake")
  File.write("/srv/discourse/app/bin/rake", "#!/bin/sh\n#{script}\n")
  yield
ensure
  File.write("/srv/discourse/app/bin/rake", original)
end

{ 'ERROR:  permission denied to create extension "hstore"' => ["refused-extension hstore"],
  'PG::FeatureNotSupported: ERROR:  extension "uuid-ossp" is not available' => ["refused-extension uuid-ossp"],
  'could not open extension control file "/usr/share/extension/pg_trgm.control": No such file' => ["refused-extension pg_trgm"],
  %(ERROR:  extension "#{'a' * 64}" is not available) => [],
  'ERROR:  extension "a; b" is not available' => [],
  'ERROR:  extension "hstore" already exists' => [] }.each do |line, refused|
  test "migrate makes #{refused.inspect} of #{line[0, 60]}", database: :none do
    with_rake("echo '#{line}'; exit 1") { equal 1, image.job("migrate", HEADER).code }
    equal [HEADER, *refused, "job: failed #{line}"], image.summary("migrate")
  end
end

test "migrate does not believe an exit code of 0 without a result", database: :none do
  with_rake("exit 0") { equal [1, HEADER, "job: failed no result"], migrate }
end

# Exit code, first and last line of the log of a job.
def ended(name, env: {})
  run = image.job(name, HEADER, env: env)
  [run.code, *image.log(name).values_at(0, -1)]
end

%w[migrate upload-assets].each do |name|
  test "#{name} says that rake was killed, whatever it had printed", database: :none do
    with_rake("echo working; kill -9 $$") { equal [1, HEADER, "job: failed exit code 137"], ended(name) }
  end

  test "#{name} names the exit code of a rake that said nothing", database: :none do
    with_rake("echo; exit 7") { equal [1, HEADER, "job: failed exit code 7"], ended(name) }
  end

  test "#{name} says what Discourse said last when it ended the boot itself" do
    image.knob("boot-fail", "all")
    equal [1, HEADER, "job: failed boot-fail: told to fail"], ended(name)
  end

  test "#{name} fails where it cannot enter Discourse's folder", database: :none do
    FileUtils.chmod(0o700, "/srv/discourse/app")
    equal [1, HEADER, "job: failed cannot enter /srv/discourse/app"], ended(name)
  ensure
    FileUtils.chmod(0o755, "/srv/discourse/app")
  end

  test "#{name} ends with 2, and does nothing, where it cannot write its log" do
    FileUtils.chown("root", "root", "/run/discourse")
    run = image.job(name, HEADER, env: S3)
    equal [2, true, []], [run.code, run.output.include?("/run/discourse/#{name}.log"), Dir.children("/run/discourse")]
  end
end

test "migrate shows the migration that it is at, and its outcome in the end", database: :none do
  with_rake("echo '== 20240101000000 EnableHstore: migrating ==='; echo '== 20240205000000 AddUsers: migrating ==='; " \
            "while [ ! -e /run/discourse/go ]; do sleep 0.1; done; echo 'charm-result: {\"outcome\":\"done\"}'") do
    job = Thread.new { migrate }
    sleep 0.1 until File.exist?("/run/discourse/migrate.summary")
    equal [HEADER], image.summary("migrate")
    sleep 0.1 until image.summary("migrate").size > 1
    equal [HEADER, "== 20240205000000 AddUsers: migrating"], image.summary("migrate")
    FileUtils.touch("/run/discourse/go")
    equal [0, HEADER, "job: done"], job.value
    equal [HEADER, "job: done"], image.summary("migrate")
  end
end

test "a log of any size leaves a summary of a few lines", database: :none do
  noise = "head -c 20000000 /dev/zero | tr '\\0' x; echo; seq 200000"
  with_rake("#{noise}; echo 'charm-result: {\"outcome\":\"done\"}'") do
    equal 0, image.job("migrate", HEADER).code
    equal [HEADER, "job: done"], image.summary("migrate")
  end
  with_rake("#{noise}; head -c 20000000 /dev/zero | tr '\\0' y; exit 1") do
    equal 1, image.job("migrate", HEADER).code
    equal [HEADER, "job: failed #{'y' * 293}"], image.summary("migrate")
  end
end

test "nothing of a job is left running when it was killed", database: :none do
  with_rake("echo $PPID >/run/discourse/pid; exec sleep 1") do
    job = Thread.new { image.job("migrate", HEADER).code }
    sleep 0.05 until File.size?("/run/discourse/pid")
    Process.kill("KILL", File.read("/run/discourse/pid").to_i)
    job.value
    sleep 5
    equal [], Dir["/proc/[0-9]*/cmdline"].map { |file| File.read(file) rescue "" }.grep(/jobs.migrate/)
  end
end

%w[migrate upload-assets].each do |name|
  ["log", "summary", "summary.new"].each do |file|
    path = "/run/discourse/#{name}.#{file}"

    test "#{name} replaces a pipe, a folder or a link in place of its #{file}, and reads none of them", database: :none do
      File.write("/run/discourse/other", "rake aborted!\nhunter2\n")
      { "pipe" => -> { File.mkfifo(path) }, "folder" => -> { FileUtils.mkdir_p("#{path}/x") },
        "link" => -> { File.symlink("/run/discourse/other", path) } }.each_value do |place|
        FileUtils.rm_rf(path)
        place.call
        FileUtils.chown_R(584_792, 584_792, path) unless File.symlink?(path)
        with_rake("exit 7") { equal [1, HEADER, "job: failed exit code 7"], ended(name) }
        equal [HEADER, "job: failed exit code 7"], image.summary(name)
        truth File.lstat("/run/discourse/#{name}.log").file?, "the log is no file"
        truth File.lstat("/run/discourse/#{name}.summary").file?, "the summary is no file"
      end
      equal "rake aborted!\nhunter2\n", File.read("/run/discourse/other")
    end
  end

  { "a pipe in place of its log" => "mkfifo /run/discourse/#{name}.log", "a pipe in place of its new summary" => "mkfifo /run/discourse/#{name}.summary.new",
    "another file in place of its log" => "ln -s /run/discourse/other /run/discourse/#{name}.log" }.each do |what, command|
    test "#{name} ends with 2 at #{what} that appears as it begins", database: :none do
      File.write("/run/discourse/other", "hunter2")
      Dir.mktmpdir do |folder|
        FileUtils.chmod(0o755, folder)
        File.write("#{folder}/rm", "#!/bin/sh\n/bin/rm \"$@\" && #{command}\n", perm: 0o755)
        run = image.run("timeout", "5", "/srv/scripts/jobs/#{name}", HEADER, env: { "PATH" => "#{folder}:/usr/bin:/bin" })
        equal [2, "hunter2"], [run.code, File.read("/run/discourse/other")]
      end
    end
  end

  test "#{name} reads its own log, whatever lies in its place meanwhile", database: :none do
    other = "rm /run/discourse/#{name}.log; mkfifo /run/discourse/#{name}.log"
    with_rake("#{other}; echo 'rake aborted!'; echo mine; exit 1") do
      equal 1, image.job(name, HEADER).code
      equal [HEADER, "job: failed mine"], image.summary(name)
    end
  end
end

test "migrate says what rake said when the task was not reached", database: :none do
  with_rake("echo 'rake aborted!'; echo 'LoadError: no such file'; exit 1") do
    equal [1, HEADER, "job: failed LoadError: no such file"], migrate
  end
end

test "a job without its header does nothing and says how it is used", database: :none do
  %w[migrate upload-assets].each do |name|
    run = image.run("/srv/scripts/jobs/#{name}")
    equal [2, true], [run.code, run.output.include?("usage: #{name} HEADER")]
  end
  equal [], image.boots
end

test "upload-assets uploads, boots once and is done" do
  equal 0, image.job("upload-assets", HEADER, env: S3).code
  equal [HEADER, %(job: done {"uploaded":2,"skipped":0})], image.log("upload-assets").values_at(0, -1)
  equal [%w[assets assets/application.css], %w[assets assets/application.js]],
        rows("SELECT bucket, path FROM uploaded_assets ORDER BY path")
  equal [%w[bin/rake s3:upload_assets]], image.boots.map { |boot| boot["argv"] }
end

test "upload-assets fails when S3 is not configured" do
  equal 1, image.job("upload-assets", HEADER).code
  equal "job: failed ERROR: S3 is not configured: bucket, region and credentials are needed", image.log("upload-assets").last
end

test "upload-assets says what went wrong" do
  image.knob("upload-fail")
  equal 1, image.job("upload-assets", HEADER, env: S3).code
  equal "job: failed upload-fail: told to fail", image.log("upload-assets").last
end

test "the journal knows names of secrets, not their values" do
  image.job("upload-assets", HEADER, env: S3)
  environment = image.boots.last["env"]
  equal ["assets", "(hidden)", "(hidden)"],
        environment.values_at("DISCOURSE_S3_BUCKET", "DISCOURSE_S3_SECRET_ACCESS_KEY", "DISCOURSE_DB_PASSWORD")
end
