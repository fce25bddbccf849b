# frozen_string_literal: true

require "net/smtp"

# Imitates emails:test: the connection first, whose failure alone ends with 1, and passwords in what it prints.
desc "Send a test mail"
task "emails:test", [:email] => "environment" do |_, arguments|
  smtp = Discourse::Application.config.action_mailer.smtp_settings
  puts "Current settings: #{smtp}" if smtp[:address].to_s.include?("smtp.gmail.com")
  begin
    Net::SMTP.start(smtp[:address], smtp[:port], smtp[:domain] || "localhost", smtp[:user_name], smtp[:password], smtp[:authentication]) {}
  rescue Net::SMTPAuthenticationError => e
    puts "#{e.class}: #{e.message.strip}", "Username: #{smtp[:user_name]}", "Password: #{smtp[:password].to_s[0, 4]}…"
    exit 1
  rescue StandardError => e
    puts "#{e.class}: #{e.message.strip}"
    exit 1
  end
  begin
    log = Email::Sender.new(TestMailer.send_test(arguments[:email]), :test_message).send
    case log
    when EmailLog then puts "Mail accepted by SMTP server.", "Message-ID: #{log.message_id}"
    else puts "Mail was not sent.", "Reason: #{log&.reason}"
    end
  rescue StandardError => e
    puts "Sending mail failed:", "#{e.class}: #{e.message.strip}"
  end
end
