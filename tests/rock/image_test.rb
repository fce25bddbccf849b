# frozen_string_literal: true

require "yaml"
require "tmpdir"

PROJECT = File.expand_path("../..", __dir__)

# Build another image; its root, and whether the build went well, for the block.
def build(*options)
  Dir.mktmpdir do |root|
    output, status = Open3.capture2e("#{PROJECT}/tests/workload/build", root, *options)
    yield root, status.exitstatus, output
  end
end

test "every shell script is clean to shellcheck", database: :none do
  scripts = Dir["#{PROJECT}/discourse_rock/scripts/**/*", "#{PROJECT}/tests/workload/**/*", "#{PROJECT}/tests/rock/{python,run,validate}"]
            .select { |file| File.file?(file) && File.open(file, &:gets).to_s.start_with?("#!/bin/sh") }
  equal %w[backup build launch list-migrations migrate migrate-uploads python rake rebake remap restore run sidekiq unicorn upload-assets
           validate],
        scripts.map { |file| File.basename(file) }.sort
  output, status = Open3.capture2e("shellcheck", "-x", *scripts)
  truth status.success?, output
end

test "every Ruby file compiles without a warning", database: :none do
  files = Dir["#{PROJECT}/{discourse_rock,tests/workload,tests/rock}/**/*.{rb,rake,ru}"]
  output, = Open3.capture2e("/usr/bin/ruby", "-wc", *files)
  equal [], output.lines(chomp: true).uniq - ["Syntax OK"]
end

test "the image has exactly the two checks that the charm posts", database: :none do
  checks = {
    "discourse-ready" => { "override" => "replace", "level" => "ready", "period" => "5s", "threshold" => 3,
                           "http" => { "url" => "http://localhost:3000/srv/status" } },
    "discourse-gate" => { "override" => "replace", "level" => "ready", "period" => "1s", "threshold" => 1,
                          "exec" => { "command" => "false" } }
  }
  build do |root|
    equal({ "checks" => checks },
          YAML.safe_load_file("#{root}/var/lib/pebble/default/layers/001-rockcraft-discourse.yaml"))
  end
end

test "an image names its version, revision and migrations", database: :none do
  build("--version", "2026.1.8", "--extra") do |root|
    equal "2026.1.8\n", File.read("#{root}/srv/discourse/VERSION")
    truth File.read("#{root}/srv/discourse/REVISION").match?(/\A2026\.1\.8-\h{16}\n\z/), "REVISION is not the version and a digest"
    lines = File.readlines("#{root}/srv/discourse/MIGRATIONS", chomp: true)
    equal 19, lines.grep(/\A(pre|post) \d{14}\z/).size
    equal lines.sort_by { |line| line[/\d+/] }, lines
  end
end

test "--extra adds one migration of each part", database: :none do
  build("--version", "2026.1.8", "--extra") do |root|
    extra = File.readlines("#{root}/srv/discourse/MIGRATIONS", chomp: true) -
            File.readlines("/srv/discourse/MIGRATIONS", chomp: true)
    equal ["pre 20250106000000", "post 20250113000000"], extra
  end
end

test "build refuses options that it does not know", database: :none do
  build("--bogus") { |_, code, output| equal [2, true], [code, output.start_with?("usage: build")] }
end

test "the list of migrations includes those of plugins", database: :none do
  Dir.mktmpdir do |app|
    %w[db/migrate plugins/chat/db/migrate plugins/chat/db/post_migrate].each { |folder| FileUtils.mkdir_p("#{app}/#{folder}") }
    ["db/migrate/20200102000000_b.rb", "plugins/chat/db/migrate/20200101000000_a.rb",
     "plugins/chat/db/post_migrate/20200103000000_c.rb", "db/migrate/README.md"].each { |file| FileUtils.touch("#{app}/#{file}") }
    output, = Open3.capture2("#{PROJECT}/discourse_rock/scripts/list-migrations", app)
    equal "pre 20200101000000\npre 20200102000000\npost 20200103000000\n", output
  end
end

test "the list of migrations is empty where there are none, and needs a folder", database: :none do
  list = "#{PROJECT}/discourse_rock/scripts/list-migrations"
  Dir.mktmpdir { |app| equal ["", 0], Open3.capture2e(list, app).then { |text, status| [text, status.exitstatus] } }
  text, status = Open3.capture2e(list)
  equal [2, true], [status.exitstatus, text.include?("usage: list-migrations APP_DIRECTORY")]
end

test "the list of plugins has what their files and repositories tell", database: :none do
  Dir.mktmpdir do |app|
    FileUtils.mkdir_p(%w[poll/config own theme].map { |folder| "#{app}/plugins/#{folder}" })
    File.write("#{app}/plugins/poll/plugin.rb", "# name: poll\n# version: 9\n\nenabled_site_setting :poll_enabled\n# about: none\n")
    File.write("#{app}/plugins/poll/config/settings.yml", "plugins:\n  poll_enabled:\n    default: true\n    client: true\n")
    File.write("#{app}/plugins/own/plugin.rb", "\n# Name : Our own\n#version: 1.2\nrequire 'x'\n")
    folder = "#{app}/plugins/own"
    system("git", "-C", folder, "init", "--quiet", exception: true)
    system("git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--allow-empty", "-m", "x", exception: true)
    commit, = Open3.capture2("git", "-C", folder, "rev-parse", "HEAD")
    output, = Open3.capture2("#{PROJECT}/discourse_rock/scripts/list-plugins", app, "2026.1.7", "abc")
    equal [{ "folder" => "own", "name" => "Our own", "version" => "1.2", "commit" => commit.chomp, "default" => true },
           { "folder" => "poll", "name" => "poll", "version" => "2026.1.7", "commit" => "abc", "setting" => "poll_enabled", "default" => true }],
          output.lines.map { |line| JSON.parse(line) }
  end
end

# A global setting as Discourse reads it from one variable.
def setting(name, value)
  script = "require '/srv/discourse/app/lib/global_setting'; p GlobalSetting.#{name}"
  Open3.capture2({ "DISCOURSE_#{name.upcase}" => value }, "/usr/bin/ruby", "-e", script).first.chomp
end

test "a global setting is a boolean, an integer, text, its default, or nil when set but empty", database: :none do
  equal %w[true false 587 "8a" nil 6379 123],
        [setting("redis_use_ssl", "true"), setting("db_advisory_locks", "false"), setting("redis_port", "587"),
         setting("hostname", "8a"), setting("redis_port", ""), setting("redis_port", nil), setting("db_password", "00123")]
end

test "PostgreSQL variables are set on every connection" do
  code, result = image.user({ op: "promote", email: "a@b.cc" }, env: { "DISCOURSE_DB_VARIABLES_STATEMENT_TIMEOUT" => "nonsense" })
  equal [1, true], [code, result["error"].include?("statement_timeout")]
end
