# frozen_string_literal: true

# Imitates TestMailer.
class TestMailer < ActionMailer::Base
  def send_test(to_address)
    mail(to: to_address, from: SiteSetting.notification_email, subject: "A test of #{SiteSetting.title}", body: "This is a test.")
  end
end
