# frozen_string_literal: true

# The task charm:test_mail. charm.rake and charm_operation.rake have what it shares with the other tasks.

require "timeout"

module Charm
  # Sends Discourse's test message, and tells what went wrong without settings and passwords.
  class TestMail
    # Which part of a conversation with the server is going on.
    module Stage
      class << self
        attr_accessor :current
      end

      { ehlo: "greeting", helo: "greeting", starttls: "tls", authenticate: "login", mailfrom: "sender", rcptto: "recipient",
        data: "other" }.each do |step, name|
        define_method(step) do |*arguments, **options, &block|
          Stage.current = name
          super(*arguments, **options, &block)
        end
      end
    end

    TIMEOUTS = [Timeout::Error, Errno::ETIMEDOUT, Errno::EHOSTUNREACH, Errno::ENETUNREACH].freeze
    OPTIONS = {
      "refused" => "smtp_port", "login" => "smtp_credentials", "tls" => "smtp_force_tls", "timeout" => "smtp_port",
      "name" => "smtp_address", "greeting" => "smtp_domain", "relay" => "smtp_credentials", "sender" => "smtp_domain",
      "recipient" => "to", "other" => "smtp_address"
    }.freeze
    # What a server may say only at the recipient, as Postfix does: the first that fits. Addresses and names in <> do not count.
    DELAYED = {
      /not logged in|client host|\brelay/i => "relay", /sender address rejected/i => "sender", /\bhelo\b/i => "greeting"
    }.freeze
    VERIFICATION = "smtp_openssl_verify_mode"

    def self.read(input)
      values = JSON.parse(input.read.to_s.dup.force_encoding(Encoding::UTF_8))
      to = values["to"] if values.is_a?(Hash) && values.keys == ["to"]
      return to if to.is_a?(String) && to.valid_encoding? && to.match?(/\A[^\s@<>,;"]+@[^\s@<>,;"]+\z/)

      raise Refusal.invalid(['standard input is not {"to": an address}'])
    rescue JSON::ParserError, EncodingError # its message quotes the input
      raise Refusal.invalid(["standard input is not JSON"])
    end

    def initialize(to)
      @to = to
    end

    # Discourse rejects some errors of the server and goes on, so keep whatever the delivery raised.
    def deliver
      require "net/smtp"
      require "openssl"
      Net::SMTP.prepend(Stage)
      message = TestMailer.send_test(@to)
      log = Email::Sender.new(watched(message), :test_message).send
      return failure(@error) if @error
      return skipped(log) unless log.is_a?(EmailLog)

      [DONE, { accepted: true, message_id: log.message_id.to_s, server: server }]
    rescue StandardError => e
      failure(@error || e)
    end

    private

    def watched(message)
      note = ->(error) { @error = error }
      message.define_singleton_method(:deliver_now) do
        super()
      rescue StandardError => e
        note.call(e)
        raise
      end
      message
    end

    def failure(error)
      kind = kind_of(error)
      option = kind == "tls" && error.message.include?("verify") ? VERIFICATION : OPTIONS.fetch(kind)
      [UNEXPECTED, { error: Operation.line(error), class: kind, option: option, server: server }]
    end

    def skipped(log)
      reason = log.respond_to?(:reason_type) ? log.reason_type : log.class
      [UNEXPECTED, { error: "Discourse did not send it: #{reason}", class: "other", option: OPTIONS["other"], server: server }]
    end

    def kind_of(error)
      case error
      when Errno::ECONNREFUSED then "refused"
      when OpenSSL::SSL::SSLError then "tls"
      when *TIMEOUTS then "timeout"
      when SocketError then "name"
      else by_reply(error)
      end
    end

    # What asks for a login or for encryption does not fit the settings; else the server refuses what was said last, unless it says that
    # it refuses something else. With 421 it ends any conversation.
    def by_reply(error)
      return error.message.match?(/TLS/i) ? "tls" : "login" if access?(error)

      return "other" unless Stage.current && error.message.match?(/\A(?!421)\d{3}/)

      (Stage.current == "recipient" && delayed(error.message.gsub(/<.*?>/, ""))) || Stage.current
    end

    def delayed(reply)
      DELAYED.find { |words, _| reply.match?(words) }&.last
    end

    def access?(error)
      [ArgumentError, Net::SMTPAuthenticationError, Net::SMTPUnsupportedCommand].any? { |kind| error.is_a?(kind) }
    end

    def server
      ActionMailer::Base.smtp_settings.values_at(:address, :port).join(":")
    end
  end
end

namespace :charm do
  desc "Send a test message: one JSON object on standard input"
  task :test_mail do
    to = Charm::TestMail.read($stdin)
    Rake::Task["environment"].invoke
    Charm.finish(*Charm::TestMail.new(to).deliver)
  rescue Charm::Refusal => e
    Charm.finish(e.code, { error: e.message, messages: e.messages })
  rescue StandardError => e
    warn Charm::Operation.redact(e.full_message(highlight: false))
    Charm.finish(Charm::UNEXPECTED, { error: Charm::Operation.line(e), class: "other", option: "smtp_address" })
  end
end
