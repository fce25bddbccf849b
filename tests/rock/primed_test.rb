# frozen_string_literal: true

# What craft-parts makes of rockcraft.yaml. Each sentence is checked twice: it holds for the image, and it does not hold for the
# image of a definition that is broken in every way that matters here.

ROCK = "#{PROJECT}/discourse_rock"
SOURCED = %w[srv/scripts/await srv/scripts/jobs/record srv/scripts/jobs/task].freeze
OWNED = %w[app/log app/tmp app/public/uploads app/public/backups app/public/plugins app/app/assets/generated].freeze

def sentence(text, &objections)
  test text, database: :none do
    build { |root| equal [], objections.call(root) }
    with_broken_rock { |rock| build("--rock", rock) { |root| truth !objections.call(root).empty?, "holds for a broken definition, too" } }
  end
end

# The files of the forwarder's part are not touched: it is not compiled anew for this, and its file is linked with the primed one.
def break_definition(doc)
  parts = doc["parts"]
  parts["scripts"]["organize"]["launch"] = "srv/launch"
  parts["build-files"].delete("prime")
  parts["plugin-saml"]["organize"] = { "*" => "rock/plugins/saml/" }
  parts["image"]["override-prime"] = <<~'SCRIPT'
    craftctl default
    cd "$CRAFT_PRIME/srv/scripts"
    rm ../THIRD-PARTY
    chmod 700 jobs
    rm metrics-forwarder
    cp "$CRAFT_STAGE/rock/list-migrations" metrics-forwarder
  SCRIPT
  doc["checks"]["discourse-gate"]["timeout"] = "1s"
end

def with_broken_rock
  Dir.mktmpdir do |folder|
    FileUtils.cp_r("#{ROCK}/.", folder)
    doc = YAML.safe_load_file("#{ROCK}/rockcraft.yaml")
    break_definition(doc)
    File.write("#{folder}/rockcraft.yaml", YAML.dump(doc))
    yield folder
  end
end

# The paths that README promises.
def promised
  File.read("#{ROCK}/README.md").scan(%r{`(/(?:srv|var)/[^` ]+)}).flatten.uniq.map { |path| path.chomp("/") }
end

# Names of files and folders below the root, without what is there for tests alone.
def names(root, *without)
  Dir.glob("**/*", File::FNM_DOTMATCH, base: root).reject { |name| name.end_with?("/.") || without.any? { |start| name.start_with?(start) } } -
    %w[. srv/discourse/knobs]
end

def program?(name)
  name.start_with?("srv/scripts/") && !SOURCED.include?(name)
end

def stat(root, name)
  File.lstat(File.join(root, name))
end

sentence "the image has every path that README promises" do |root|
  promised.size > 10 ? promised.reject { |path| File.exist?(root + path) } : ["README promises too little"]
end

sentence "the image has nothing besides what README promises" do |root|
  names(root, "srv/discourse/app/").reject { |name| promised.any? { |path| "#{path}/".start_with?("/#{name}/") } }
end

sentence "the plugins lie where Discourse looks for them" do |root|
  expected = %w[discourse-mermaid-theme-component discourse-prometheus discourse-saml discourse-signatures markdown-note]
  plugins = Dir.children("#{root}/srv/discourse/app/plugins")
  (expected - plugins) | (plugins - expected)
end

sentence "everybody may read every file, enter every folder and run every program" do |root|
  names(root).reject do |name|
    mode = stat(root, name).mode
    wanted = stat(root, name).directory? || program?(name) ? 0o555 : 0o444
    mode & wanted == wanted
  end
end

sentence "what Discourse writes belongs to its user, all else to root" do |root|
  written = OWNED.map { |name| "srv/discourse/#{name}" }
  names(root).reject do |name|
    owner = written.any? { |folder| "#{name}/".start_with?("#{folder}/") } ? 584_792 : 0
    [stat(root, name).uid, stat(root, name).gid] == [owner, owner]
  end + written.reject { |folder| File.directory?("#{root}/#{folder}") }
end

sentence "the forwarder is a static program of this machine's architecture" do |root|
  kind = Open3.capture2e("file", "-b", "#{root}/srv/scripts/metrics-forwarder").first
  machine = RbConfig::CONFIG["host_cpu"].tr("_", "-")
  kind.match?(/\AELF 64-bit.*static/) && kind.tr("_", "-").include?(machine.sub("aarch64", "ARM aarch64")) ? [] : [kind]
end

sentence "the notices of what is linked into the forwarder are in the image, byte for byte" do |root|
  file = "#{root}/srv/THIRD-PARTY"
  File.exist?(file) && FileUtils.identical?(file, "#{ROCK}/forwarder/THIRD-PARTY") ? [] : [file]
end

sentence "the layer of the image is the checks of rockcraft.yaml, and nothing else" do |root|
  layer = YAML.safe_load_file("#{root}/var/lib/pebble/default/layers/001-rockcraft-discourse.yaml")
  layer == YAML.safe_load_file("#{ROCK}/rockcraft.yaml").slice("checks") ? [] : [layer]
end

sentence "REVISION is the version and a digest" do |root|
  files = %w[VERSION REVISION].map { |name| "#{root}/srv/discourse/#{name}" }.select { |file| File.exist?(file) }
  version, revision = files.map { |file| File.read(file).chomp }
  revision.to_s.match?(/\A#{Regexp.escape(version)}-\h{16}\z/) ? [] : [revision]
end
