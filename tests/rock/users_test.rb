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

test "create takes its optional values when they say what goes without saying" do
  equal 0, image.user(request("create", admin: false, active: true, username: "ann.b")).first
  equal [%w[ann.b ann@example.com f t t 1]], rows(USERS)
end

test "create cuts blanks around an address, and refuses those in it" do
  equal [0, " ann@example.com "], image.user(request("create", " ann@example.com ")).then { |code, result| [code, result["user"]] }
  equal ["ann@example.com"], rows(USERS).map { |row| row[1] }
  equal [4, ["Primary email is invalid."]],
        image.user(request("create", "ann smith@example.com")).then { |code, result| [code, result["messages"]] }
end

%w[create add-admin].each do |operation|
  test "#{operation} says that a user exists who was made at the same moment" do
    other = servers.admin(@database)
    other.exec("BEGIN; INSERT INTO user_emails (user_id, email, normalized_email, created_at, updated_at) " \
               "VALUES (999, 'ann@example.com', 'x', now(), now())")
    asking = Thread.new { image.user(request(operation)) }
    sleep 0.01 until rows("SELECT 1 FROM pg_locks WHERE NOT granted").any?
    other.exec("COMMIT")
    equal [3, { "error" => "a user with this e-mail address or username was created meanwhile", "messages" => [] }], asking.value
    equal [], rows("SELECT 1 FROM users WHERE id > 0")
    other.close
  end
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

test "promote makes a user an admin, and a second time changes nothing" do
  image.user(request("create"))
  equal [0, { "user" => "ann@example.com", "created" => false, "changed" => true }],
        image.user(op: "promote", email: "ann@example.com")
  equal [%w[ann ann@example.com t t t 1]], rows(USERS)
  equal [0, { "user" => "ann@example.com", "created" => false, "changed" => false }],
        image.user(op: "promote", email: "ANN@example.com").then { |code, r| [code, r.merge("user" => r["user"].downcase)] }
end

# A secondary address that was never confirmed.
def add_address(user_id, email)
  rows("INSERT INTO user_emails (user_id, email, normalized_email, created_at, updated_at) " \
       "VALUES (#{user_id}, '#{email}', '#{email}', now(), now())")
end

# How an account comes to belong to somebody else than the reader of its mail, and what promote says to it.
STRANGERS = {
  "who never confirmed the address" => ["UPDATE email_tokens SET confirmed = false", 5, "has never confirmed its address"],
  "without any token" => ["DELETE FROM email_tokens", 5, "has never confirmed its address"],
  "who confirmed another address" =>
    ["UPDATE email_tokens SET email = 'eve@example.org'", 5, "has never confirmed its address"],
  "who is staged" => ["UPDATE users SET staged = true WHERE id > 0", 5, "has never confirmed its address"],
  "who is not active" => ["UPDATE users SET active = false WHERE id > 0", 6, "is not active"]
}.freeze

STRANGERS.each do |who, (change, code, doubt)|
  test "promote refuses a user #{who}, and changes nothing" do
    image.user(request("create"))
    rows(change)
    before = [rows("SELECT * FROM users"), rows("SELECT * FROM email_tokens")]
    equal [code, { "error" => "ann@example.com #{doubt}", "messages" => [] }], image.user(op: "promote", email: "ann@example.com")
    equal before, [rows("SELECT * FROM users"), rows("SELECT * FROM email_tokens")]
  end
end

test "promote refuses by a secondary address that was never confirmed" do
  image.user(request("create"))
  add_address(rows("SELECT max(id) FROM users").first.first, "boss@example.com")
  equal [5, "boss@example.com has never confirmed its address"],
        image.user(op: "promote", email: "boss@example.com").then { |code, result| [code, result["error"]] }
end

test "promote takes the word of a DiscourseConnect provider for an address" do
  image.user(request("create"))
  rows("DELETE FROM email_tokens; INSERT INTO single_sign_on_records (user_id, external_email) " \
       "SELECT id, 'Ann@Example.com' FROM users WHERE id > 0")
  equal 0, image.user(op: "promote", email: "ann@example.com").first
end

%w[promote add-admin].each do |operation|
  test "#{operation} refuses a system user" do
    add_address(-1, "ann@example.com")
    equal [4, ["ann@example.com belongs to a system user"]],
          image.user(asking(operation)).then { |code, result| [code, result["messages"]] }
  end
end

test "promote raises a trust level below 1, and leaves a higher one" do
  image.user(request("create"))
  image.user(request("create", "bob@example.com"))
  rows("UPDATE users SET trust_level = CASE username WHEN 'ann' THEN 0 ELSE 3 END WHERE id > 0")
  %w[ann bob].each { |name| image.user(op: "promote", email: "#{name}@example.com") }
  equal %w[1 3], rows(USERS).map(&:last)
end

test "promote reports what validation finds in a user who is there already" do
  image.user(request("create"))
  rows("UPDATE users SET username = 'a' WHERE id > 0")
  equal [4, ["Username must have 3 to 20 characters"]],
        image.user(op: "promote", email: "ann@example.com").then { |code, result| [code, result["messages"]] }
  equal [%w[a ann@example.com f t t 1]], rows(USERS)
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

ACCESSES = %w[user_auth_tokens user_api_keys api_keys user_second_factors user_security_keys user_associated_accounts
              email_change_requests push_subscriptions oauth2_user_infos single_sign_on_records].freeze

# One row of each kind for the only user.
def give_accesses
  ACCESSES.each { |table| rows("INSERT INTO #{table} (user_id) SELECT id FROM users WHERE id > 0") }
end

def accesses
  ACCESSES.select { |table| rows("SELECT 1 FROM #{table}").any? }
end

STRANGERS.each do |who, (change, _)|
  test "add-admin leaves no way in to a user #{who}" do
    image.user(request("create"))
    give_accesses
    rows(change)
    before = hash_of("ann@example.com")
    equal 0, image.user(request("add-admin", password: NEW_PASSWORD)).first
    equal [[%w[ann ann@example.com t t t 1]], [["f"]], []], [rows(USERS), rows("SELECT staged FROM users WHERE id > 0"), accesses]
    truth before != hash_of("ann@example.com"), "the password is the old one"
    equal 0, image.user(op: "promote", email: "ann@example.com").first
  end
end

{ "who never confirmed the address" => ["UPDATE email_tokens SET confirmed = false", ["ann@example.com"]],
  "who has confirmed it" => ["SELECT 1", ["ann@example.com", "eve@example.org"]] }.each do |who, (change, left)|
  test "add-admin leaves a user #{who} the addresses #{left.join(' and ')}" do
    image.user(request("create"))
    add_address(rows("SELECT max(id) FROM users").first.first, "eve@example.org")
    rows(change)
    equal 0, image.user(request("add-admin", password: NEW_PASSWORD)).first
    equal left, rows("SELECT email FROM user_emails WHERE user_id > 0 ORDER BY email").flatten
  end
end

test "add-admin ends the sessions of a user who has confirmed the address, and takes nothing else" do
  image.user(request("create"))
  give_accesses
  equal 0, image.user(request("add-admin", password: NEW_PASSWORD)).first
  equal ACCESSES - ["user_auth_tokens"], accesses
end

test "add-admin takes nothing from a stranger when the password is refused" do
  image.user(request("create", active: false))
  give_accesses
  equal 4, image.user(request("add-admin", password: "short")).first
  equal ACCESSES, accesses
end

test "add-admin confirms no other address of the account" do
  image.user(request("create", active: false))
  rows("INSERT INTO email_tokens (user_id, email, token_hash, created_at) SELECT id, 'eve@example.org', 'x', now() FROM users WHERE id > 0")
  equal 0, image.user(request("add-admin")).first
  equal [["ann@example.com"]], rows("SELECT email FROM email_tokens WHERE confirmed")
end

test "add-admin refuses a secondary address that was never confirmed" do
  image.user(request("create"))
  add_address(rows("SELECT max(id) FROM users").first.first, "boss@example.com")
  equal [4, ["boss@example.com is not the primary address of its account"]],
        image.user(request("add-admin", "boss@example.com")).then { |code, result| [code, result["messages"]] }
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

def password_of(length)
  ("äbcdefghij" * 21)[0, length]
end

# Who asks for which lengths: the first is refused, the second one taken.
{
  "a user" => [{}, 9, 10],
  "a user who becomes an admin" => [{ admin: true }, 9, 10],
  "a developer" => [{ env: { "DISCOURSE_DEVELOPER_EMAILS" => "ann@example.com" } }, 14, 15],
  "anybody, at most" => [{}, 201, 200]
}.each do |who, (more, refused, taken)|
  test "a password of #{taken} characters is right for #{who}, one of #{refused} is not" do
    fields = more.except(:env)
    codes = [refused, taken].map do |length|
      image.user(request("create", password: password_of(length), **fields), env: more.fetch(:env, {})).first
    end
    equal [4, 0], codes
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
        image.user(request("add-admin", password: password_of(14))).then { |code, result| [code, result["messages"]] }
  equal 0, image.user(request("add-admin", password: password_of(15))).first
end

%w[create add-admin].each do |operation|
  test "#{operation} says that Discourse did not activate the user, although it raises nothing, and leaves no trace" do
    before = rows(USERS)
    image.knob("activate-refused")
    equal [4, { "error" => "the request is not valid", "messages" => ["ann@example.com could not be activated"] }],
          image.user(asking(operation))
    equal before, rows(USERS)
  end
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

# A request about Ann with the keys that the operation needs.
def asking(operation)
  { "promote" => { op: "promote", email: "ann@example.com" },
    "anonymize" => { op: "anonymize", username: "ann" } }.fetch(operation) { request(operation) }
end

%w[create promote anonymize add-admin].each do |operation|
  test "#{operation} says what went wrong when the database is away" do
    code, result = image.user(asking(operation), env: { "DISCOURSE_DB_PORT" => "1" })
    equal [1, []], [code, result["messages"]]
    truth result["error"].start_with?("ActiveRecord::ConnectionNotEstablished: "), result.inspect
  end

  test "#{operation} ends with 1 and without a result where Discourse ends the boot" do
    image.knob("boot-fail", "all")
    equal [1, "boot-fail: told to fail\n"], image.user(asking(operation))
  end
end

{
  "" => "standard input is not JSON",
  " \n" => "standard input is not JSON",
  "{} {}" => "standard input is not JSON",
  "\uFEFF{}" => "standard input is not JSON",
  "#{'[' * 200}#{']' * 200}" => "standard input is not JSON",
  "{\"op\": \"promote\", \"email\": NaN}" => "standard input is not JSON",
  "null" => "standard input is not a JSON object",
  "\"create\"" => "standard input is not a JSON object",
  "{\"password\": \"#{PASSWORD}" => "standard input is not JSON",
  "\xFF" => "standard input is not JSON",
  "[1]" => "standard input is not a JSON object",
  "{}" => "op is not one of create, add-admin, promote, anonymize",
  "{\"op\": \"delete\"}" => "op is not one of create, add-admin, promote, anonymize",
  "{\"op\": 3}" => "op is not a string",
  "{\"op\": \"promote\", \"mail\": \"x\"}" => "mail is not a known key",
  "{\"op\": null}" => "op is not a string",
  "{\"op\": \"promote\", \"email\": 5}" => "email is not a string",
  "{\"op\": \"promote\", \"email\": [\"a@b.cc\"]}" => "email is not a string",
  "{\"op\": \"create\", \"email\": \"a@b.cc\", \"password\": null}" => "password is not a string",
  "{\"op\": \"add-admin\", \"email\": \"a@b.cc\", \"password\": \"x\", \"username\": null}" => "username is not a string",
  "{\"op\": \"create\", \"email\": \"a@b.cc\", \"password\": \"x\", \"admin\": 0}" => "admin is not true or false",
  "{\"op\": \"promote\", \"email\": \"a\\u0000@b.cc\"}" => "email holds a NUL or is not UTF-8",
  "{\"op\": \"anonymize\", \"username\": \"a\\u0000\"}" => "username holds a NUL or is not UTF-8",
  "{\"op\": \"add-admin\", \"email\": \"a@b.cc\", \"password\": \"a\\u0000\"}" => "password holds a NUL or is not UTF-8",
  "{\"op\": \"promote\", \"email\": \"a\xFF@b.cc\"}" => "email holds a NUL or is not UTF-8",
  "{\"op\": \"promote\", \"m\xFF\": 1}" => "m\uFFFD is not a known key",
  "{\"op\": \"promote\", \"email\": \"a@b.cc\", \"admin\": \"yes\"}" => "admin is not true or false",
  "{\"op\": \"promote\"}" => "email is missing",
  "{\"op\": \"create\", \"email\": \"a@b.cc\", \"password\": \" \"}" => "password is missing",
  "{\"op\": \"add-admin\", \"email\": \"a@b.cc\"}" => "password is missing",
  "{\"op\": \"promote\", \"email\": \"\\t\\u00a0\"}" => "email is missing",
  "{\"op\": \"anonymize\"}" => "username is missing",
  "{\"op\": \"promote\", \"email\": \"a@b.cc\", \"password\": \"x\"}" => "password is not a key of promote",
  "{\"op\": \"promote\", \"email\": \"a@b.cc\", \"admin\": true}" => "admin is not a key of promote",
  "{\"op\": \"anonymize\", \"username\": \"ann\", \"email\": \"a@b.cc\"}" => "email is not a key of anonymize",
  "{\"op\": \"add-admin\", \"email\": \"a@b.cc\", \"password\": \"x\", \"active\": false}" => "active is not a key of add-admin"
}.each do |input, message|
  test "charm:user refuses #{input.inspect} before it boots anything", database: :none do
    equal [4, { "error" => "the request is not valid", "messages" => [message] }], image.user(input)
    equal [], image.boots
  end
end

# Whether half a character is the parser's problem or ours differs from one release of Ruby's JSON to another.
test "charm:user refuses half a surrogate pair", database: :none do
  equal 4, image.user("{\"op\": \"promote\", \"email\": \"a\\ud800@b.cc\"}").first
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

test "of a key that is given twice, the last value counts" do
  equal [2, "no user bob@example.com"],
        image.user("{\"op\": \"promote\", \"email\": \"ann@example.com\", \"email\": \"bob@example.com\"}")
             .then { |code, result| [code, result["error"]] }
end

test "charm:user reads a request of any size to its end" do
  name = "a" * 3_000_000
  text = JSON.generate(asking("anonymize").merge(username: name))
  equal [2, { "error" => "no user #{name}", "messages" => [] }], image.user(text)
  equal [text.bytesize], image.boots.map { |boot| boot["stdin_bytes"] }
  equal 4, image.user(request("create", password: name)).first
end

test "charm:user says what went wrong when the database is not migrated", database: :empty do
  code, result = image.user(request("create"))
  equal 1, code
  truth result["error"].include?("users"), result.inspect
end

test "an error in another encoding gives a result, too" do
  rows("ALTER TABLE users ADD CONSTRAINT \"größe\" CHECK (false) NOT VALID")
  code, result = image.user(request("create", password: "pässwörter für alle"),
                            env: { "DISCOURSE_DB_VARIABLES_CLIENT_ENCODING" => "LATIN1" })
  equal [1, true], [code, result["error"].to_s.include?("violates check constraint 'gr\uFFFD\uFFFDe'")]
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
