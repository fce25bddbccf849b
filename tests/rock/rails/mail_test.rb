# frozen_string_literal: true

require "socket"
require_relative "forum"

SMTP_PASSWORD = "canary-of-smtp"

# A mail server that answers as it is told to, by the word of a command, or by its whole line.
class MailServer
  USUAL = { "EHLO" => "250-there\r\n250 AUTH PLAIN", "AUTH" => "235 ok", "MAIL" => "250 ok", "RCPT" => "250 ok", "DATA" => "354 go on", "QUIT" => "221 bye" }.freeze

  def self.open(**answers)
    server = TCPServer.new("127.0.0.1", 0)
    thread = Thread.new { loop { serve(server.accept, USUAL.merge(answers.transform_keys(&:to_s))) } }
    yield server.addr[1]
  ensure
    thread&.kill
    server&.close
  end

  def self.serve(client, answers)
    client.write("220 here\r\n")
    while (line = client.gets)
      word = line[/\A\w+/].to_s.upcase
      answer = answers.fetch(word) { answers["OTHER"] || "500 what" }
      client.write("#{answer.respond_to?(:call) ? answer.call(line.chomp) : answer}\r\n")
      next unless word == "DATA" && answers["DATA"].start_with?("354")

      nil until client.gets == ".\r\n"
      client.write("250 taken\r\n")
    end
  rescue SystemCallError
    nil
  ensure
    client.close
  end
end

# Exit code and result of a test mail.
def test_mail(port, to: "ann@example.com", **env)
  env = { "DISCOURSE_SMTP_ADDRESS" => "127.0.0.1", "DISCOURSE_SMTP_PORT" => port.to_s, "DISCOURSE_SMTP_USER_NAME" => "ann",
          "DISCOURSE_SMTP_PASSWORD" => SMTP_PASSWORD, "DISCOURSE_SMTP_ENABLE_START_TLS" => "false" }.merge(env.transform_keys(&:to_s))
  run = image.run("bin/rake", "charm:test_mail", stdin: JSON.generate(to: to), env: env)
  equal nil, run.output[SMTP_PASSWORD]
  [run.code, JSON.parse(run.output[/^charm-result: (.*)$/, 1])]
end

test "a test mail that the server takes has its message id and the server" do
  MailServer.open do |port|
    code, result = test_mail(port)
    equal [0, true, "127.0.0.1:#{port}"], [code, *result.values_at("accepted", "server")]
    truth result["message_id"].include?("@"), result.inspect
  end
end

# What the server answers, then class and option.
{ { AUTH: "535 no, not #{SMTP_PASSWORD}" } => %w[login smtp_credentials], { MAIL: "550 not you" } => %w[sender smtp_domain],
  { RCPT: "550 nobody" } => %w[recipient to], { RCPT: "450 later" } => %w[recipient to], { DATA: "554 spam" } => %w[other smtp_address],
  { MAIL: "530 Must issue a STARTTLS command first" } => %w[tls smtp_force_tls],
  { EHLO: "501 who", HELO: "501 who" } => %w[greeting smtp_domain], { EHLO: "421 full", HELO: "421 full" } => %w[other smtp_address],
  { RCPT: "550 5.7.1 <noreply@x>: Sender address rejected: no" } => %w[sender smtp_domain],
  { RCPT: "553 5.7.1 <noreply@x>: Sender address rejected: not logged in" } => %w[relay smtp_credentials],
  { RCPT: "504 5.5.2 <x>: Helo command rejected: no" } => %w[greeting smtp_domain],
  { RCPT: "554 5.7.1 <ann@example.com>: Relay access denied" } => %w[relay smtp_credentials],
  { RCPT: "554 5.7.1 <x[192.0.2.1]>: Client host rejected: no" } => %w[relay smtp_credentials],
  { RCPT: "550 5.1.1 <helo@relay.example.com>: unknown" } => %w[recipient to] }.each do |answers, (kind, option)|
  test "a test mail of which the server says #{answers.values.first} at #{answers.keys.first} fails as #{kind}" do
    MailServer.open(**answers) do |port|
      code, result = test_mail(port)
      equal [1, kind, option], [code, *result.values_at("class", "option")]
      truth result["error"].start_with?("Net::SMTP"), result["error"]
    end
  end
end

test "a test mail to a server that offers STARTTLS and refuses it fails as tls" do
  MailServer.open(EHLO: "250-there\r\n250 STARTTLS", STARTTLS: "454 not now") do |port|
    code, result = test_mail(port, DISCOURSE_SMTP_ENABLE_START_TLS: "true")
    equal [1, "tls", "smtp_force_tls"], [code, *result.values_at("class", "option")]
  end
end

# What a server that repeats the login as it was sent makes of the result's error.
def echoed(user, authentication, **answers)
  MailServer.open(**answers) do |port|
    _, result = test_mail(port, DISCOURSE_SMTP_USER_NAME: user, DISCOURSE_SMTP_AUTHENTICATION: authentication)
    result["error"][/ .*/]
  end
end

%w[a an ann ann@example.com].each do |user|
  test "a test mail shows no password of #{user} that a server repeats in Base64" do
    equal " 501 what is 'AUTH PLAIN ***'?", echoed(user, "plain", AUTH: ->(line) { %(501 what is "#{line}"?) })
    equal " 501 what is ***?", echoed(user, "plain", AUTH: ->(line) { "501 what is #{line[/PLAIN.*/].tr(' ', '/')}?" })
    equal " 501 what is AUTH PLAIN ***...", echoed(user, "plain", AUTH: ->(line) { "501 what is #{line[0...-5]}..." })
    second = ->(line) { line == [user].pack("m0") ? "334 and" : "501 what is #{line}?" }
    equal " 501 what is ***?", echoed(user, "login", AUTH: "334 who", OTHER: second)
  end
end

test "a test mail to a server that is not there fails as refused, and to a name that is none, as name" do
  equal [1, "refused", "smtp_port"], test_mail(1).then { |code, result| [code, *result.values_at("class", "option")] }
  equal [1, "name", "smtp_address"], test_mail(1, DISCOURSE_SMTP_ADDRESS: "no.such.invalid").then { |code, result| [code, *result.values_at("class", "option")] }
end

["{", "[]", '{"to":"a b@c"}', '{"to":"a@b","cc":"x"}', '{"to":"a@b,c@d"}'].each do |input|
  test "a test mail refuses #{input} before it boots", database: :none do
    run = image.run("bin/rake", "charm:test_mail", stdin: input)
    equal [4, true, []], [run.code, run.output.include?("charm-result: {\"error\":\"the request is not valid\""), image.boots]
  end
end
