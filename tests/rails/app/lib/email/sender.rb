# frozen_string_literal: true

require "net/smtp"

module Email
  # Imitates Email::Sender: a row for what was sent, another for what was not; what a server refuses for good is no error.
  class Sender
    EXEMPT = %w[admin_login test_message].freeze

    def initialize(message, email_type, user = nil)
      @message = message
      @email_type = email_type.to_s
      @user = user
    end

    # EmailLog, SkippedEmailLog, or nil.
    def send
      return if SiteSetting.disable_emails == "yes" && !EXEMPT.include?(@email_type)
      return skip("the message is blank") if @message.blank?
      return skip("the message has no recipient") if @message.to.blank?

      deliver
    end

    private

    def deliver
      @message.deliver_now
      EmailLog.create!(email_type: @email_type, to_address: @message.to.join(","), message_id: @message.message_id)
    rescue Net::SMTPFatalError, Net::SMTPSyntaxError => e
      skip(e.message)
    end

    def skip(reason)
      SkippedEmailLog.create!(email_type: @email_type, to_address: Array(@message&.to).join(","),
                              reason_type: SkippedEmailLog::CUSTOM, custom_reason: reason)
    end
  end
end
