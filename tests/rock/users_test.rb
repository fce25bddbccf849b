# frozen_string_literal: true

USERS = "SELECT username, email, admin, active, approved, trust_level FROM users " \
        "JOIN user_emails ON user_emails.user_id = users.id WHERE users.id > 0 ORDER BY users.id"
PASSWORD = "correct horse battery"
NEW_PASSWORD = "another horse entirely"

def request(operation, email = "ann@example.com", **more)
  { op: operation, email: email, password: PASSWORD }.merge(more).compact
end

def text_of(input)
  input.is_a?(String) ? input : JSON.generate(input)
end

def hash_of(email)
  rows("SELECT password_hash FROM user_passwords JOIN user_emails USING (user_id) WHERE email = '#{email}'")
end

test "create makes an active, approved user" do
  result = image.user(request("create"))
  equal [0, { "user" => "ann@example.com", "created" => true, "changed" => true }], result
  equal [%w[ann ann@example.com f t t 1]], rows(USERS)
end

test "create leaves a user inactive and unconfirmed when asked" do
  equal 0, image.user(request("create", active: false)).first
  equal [%w[ann ann@example.com f f t 1]], rows(USERS)
  equal [["f"]], rows("SELECT confirmed FROM email_tokens")
end

test "create makes an admin when asked, and takes the username that is given" do
  equal 0, image.user(request("create", admin: true, username: "boss")).first
  equal [%w[boss ann@example.com t t t 1]], rows(USERS)
end

test "create numbers a username that is taken" do
  image.user(request("create"))
  equal 0, image.user(request("create", "ann@example.org")).first
  equal %w[ann ann1], rows(USERS).map(&:first)
end

test "create takes text outside ASCII, whatever the locale" do
  code, result = image.user(request("create", password: "pässwörter für alle"))
  equal [0, true], [code, result["created"]]
end

test "create says that a user exists, in any letter case" do
  image.user(request("create"))
  result = image.user(request("create", "Ann@Example.com"))
  equal [3, { "error" => "user Ann@Example.com exists already", "messages" => [] }], result
end

test "create says that a user exists who was made at the same moment" do
  other = servers.admin(@database)
  other.exec("BEGIN; INSERT INTO user_emails (user_id, email, normalized_email, created_at, updated_at) " \
             "VALUES (999, 'ann@example.com', 'x', now(), now())")
  asking = Thread.new { image.user(request("create")) }
  sleep 0.01 until rows("SELECT 1 FROM pg_locks WHERE NOT granted").any?
  other.exec("COMMIT")
  equal 3, asking.value.first
  equal [], rows("SELECT 1 FROM users WHERE id > 0")
  other.close
end

test "create reports what validation finds, and leaves nothing behind" do
  result = image.user(request("create", "not an address", password: "short"))
  equal [4, { "error" => "the request is not valid", "messages" =>
    ["Primary email is invalid.", "Password is too short (minimum is 10 characters)"] }], result
  equal [["0"]], rows("SELECT count(*) FROM users WHERE id > 0")
end

test "create refuses an address that differs only in form" do
  image.user(request("create", "a.nn@example.com"))
  equal [4, ["Primary email has already been taken"]],
        image.user(request("create")).then { |code, result| [code, result["messages"]] }
end

test "create asks 15 characters of a developer's password" do
  code, result = image.user(request("create", password: "twelve chars"),
                            env: { "DISCOURSE_DEVELOPER_EMAILS" => "bob@example.com,ann@example.com" })
  equal [4, ["Password is too short (minimum is 15 characters)"]], [code, result["messages"]]
end

test "promote makes a user an admin and active, and a second time changes nothing" do
  image.user(request("create", active: false))
  equal [0, { "user" => "ann@example.com", "created" => false, "changed" => true }],
        image.user(op: "promote", email: "ann@example.com")
  equal [%w[ann ann@example.com t t t 1]], rows(USERS)
  equal [0, { "user" => "ann@example.com", "created" => false, "changed" => false }],
        image.user(op: "promote", email: "ANN@example.com").then { |code, r| [code, r.merge("user" => r["user"].downcase)] }
end

test "promote takes a staged user over" do
  image.user(request("create", active: false))
  rows("UPDATE users SET staged = true WHERE id > 0")
  equal 0, image.user(op: "promote", email: "ann@example.com").first
  equal [%w[f t t]], rows("SELECT staged, admin, active FROM users WHERE id > 0")
end

test "promote knows nobody by that address" do
  equal [2, { "error" => "no user bob@example.com", "messages" => [] }],
        image.user(op: "promote", email: "bob@example.com")
end

test "add-admin creates an active admin" do
  equal [0, { "user" => "ann@example.com", "created" => true, "changed" => true }], image.user(request("add-admin"))
  equal [%w[ann ann@example.com t t t 1]], rows(USERS)
end

test "add-admin makes a user an admin, active, with the new password" do
  image.user(request("create", active: false))
  before = hash_of("ann@example.com")
  equal [0, { "user" => "ann@example.com", "created" => false, "changed" => true }],
        image.user(request("add-admin", password: NEW_PASSWORD))
  equal [%w[ann ann@example.com t t t 1]], rows(USERS)
  truth before != hash_of("ann@example.com"), "the password is the old one"
end

test "add-admin a second time changes nothing, although Discourse refuses the password that one has" do
  image.user(request("add-admin"))
  equal [0, { "user" => "ann@example.com", "created" => false, "changed" => false }], image.user(request("add-admin"))
end

test "a password that is too long is a validation message, although Discourse raises" do
  %w[create add-admin].each do |operation|
    equal [4, ["password is longer than 200 characters"]],
          image.user(request(operation, password: "abcdefgh" * 26)).then { |code, result| [code, result["messages"]] }
  end
end

test "add-admin changes nothing when the password is refused" do
  image.user(request("create", active: false))
  before = hash_of("ann@example.com")
  equal [4, ["Password is too short (minimum is 10 characters)"]],
        image.user(request("add-admin", password: "short")).then { |code, result| [code, result["messages"]] }
  equal [[%w[ann ann@example.com f f t 1]], before], [rows(USERS), hash_of("ann@example.com")]
end

test "add-admin leaves nothing behind when its last step fails" do
  rows("ALTER TABLE email_tokens ADD CHECK (NOT confirmed) NOT VALID")
  equal 1, image.user(request("add-admin")).first
  equal [["0"]], rows("SELECT count(*) FROM users WHERE id > 0")
end

test "add-admin asks 15 characters of one who is an admin" do
  image.user(request("add-admin"))
  equal [4, ["Password is too short (minimum is 15 characters)"]],
        image.user(request("add-admin", password: "twelve chars")).then { |code, result| [code, result["messages"]] }
end

test "anonymize takes name and address away" do
  image.user(request("create"))
  equal [0, { "user" => "ann", "created" => false, "changed" => true }], image.user(op: "anonymize", username: "ann")
  username, email = rows(USERS).first
  truth [username, email].join =~ /\Aanon\d+anon\d+@/, [username, email].inspect
  equal [["username: ann"]], rows("SELECT details FROM user_histories")
end

test "anonymize knows nobody by that name" do
  equal [2, { "error" => "no user bob", "messages" => [] }], image.user(op: "anonymize", username: "bob")
end

test "anonymize refuses admins and the system user" do
  image.user(request("add-admin"))
  rows("UPDATE users SET admin = false WHERE id = -1")
  %w[ann system].each do |name|
    equal [4, ["#{name} is an admin or a system user"]],
          image.user(op: "anonymize", username: name).then { |code, result| [code, result["messages"]] }
  end
end

{
  "" => "standard input is not JSON",
  "{\"password\": \"#{PASSWORD}" => "standard input is not JSON",
  "\xFF" => "standard input is not JSON",
  "[1]" => "standard input is not a JSON object",
  "{}" => "op is not one of create, add-admin, promote, anonymize",
  "{\"op\": \"delete\"}" => "op is not one of create, add-admin, promote, anonymize",
  "{\"op\": 3}" => "op is not a string",
  "{\"op\": \"promote\", \"mail\": \"x\"}" => "mail is not a known key",
  "{\"op\": \"promote\", \"email\": 5}" => "email is not a string",
  "{\"op\": \"promote\", \"email\": \"a@b.cc\", \"admin\": \"yes\"}" => "admin is not true or false",
  "{\"op\": \"promote\"}" => "email is missing",
  "{\"op\": \"create\", \"email\": \"a@b.cc\", \"password\": \" \"}" => "password is missing",
  "{\"op\": \"add-admin\", \"email\": \"a@b.cc\"}" => "password is missing",
  "{\"op\": \"anonymize\"}" => "username is missing"
}.each do |input, message|
  test "charm:user refuses #{input.inspect} before it boots anything", database: :none do
    equal [4, { "error" => "the request is not valid", "messages" => [message] }], image.user(input)
    equal [], image.boots
  end
end

test "charm:user names every problem of a request at once", database: :none do
  equal ["mail is not a known key", "op is not a string", "active is not true or false"],
        image.user("{\"op\": 1, \"mail\": \"x\", \"active\": null}").last["messages"]
end

test "charm:user boots once and reads standard input first" do
  text = JSON.generate(request("create"))
  image.user(text)
  equal [[["bin/rake", "charm:user"], text.bytesize]], image.boots.map { |boot| boot.values_at("argv", "stdin_bytes") }
end

test "the knob user-sleep makes an operation slow, once" do
  image.user(request("create"))
  image.knob("user-sleep", "6")
  took = seconds { equal 0, image.user(op: "anonymize", username: "ann").first }
  truth (6..11.9).cover?(took), "took #{took} s"
end

test "charm:user says what went wrong when the database is away" do
  code, result = image.user(request("create"), env: { "DISCOURSE_DB_PORT" => "1" })
  equal 1, code
  truth result["error"].start_with?("ActiveRecord::ConnectionNotEstablished: "), result.inspect
end

test "charm:user says what went wrong when the database is not migrated", database: :empty do
  code, result = image.user(request("create"))
  equal 1, code
  truth result["error"].include?("users"), result.inspect
end

test "no password is ever printed or kept in the journal" do
  quoted = "say \"friend\" and enter"
  inputs = [request("create"), request("create"), request("add-admin"), "{\"password\": \"#{PASSWORD}\""]
  outputs = inputs.map { |input| image.run("bin/rake", "charm:user", stdin: text_of(input)).output }
  rows("ALTER TABLE user_passwords ADD CONSTRAINT \"#{quoted.gsub('"', '""')}\" CHECK (false) NOT VALID")
  outputs << image.run("bin/rake", "charm:user", stdin: text_of(request("add-admin", password: quoted))).output
  truth outputs.last.include?("violates check constraint '***'"), outputs.last
  printed = outputs.join + image.boots.to_s
  equal [], [PASSWORD, quoted, quoted.tr('"', "'")].select { |password| printed.include?(password) }
end
