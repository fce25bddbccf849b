# frozen_string_literal: true

# Imitates Discourse's settings of production: the log, and mail as the variables DISCOURSE_SMTP_* say.

Rails.application.configure do
  config.cache_classes = true
  config.eager_load = true
  config.consider_all_requests_local = false
  config.hosts.clear
  config.log_level = :info
  config.logger = ActiveSupport::Logger.new($stdout) unless ENV["RAILS_LOG_TO_STDOUT"].to_s.empty?
  config.action_mailer.delivery_method = GlobalSetting.smtp_address ? :smtp : :sendmail
  config.action_mailer.smtp_settings = GlobalSetting.smtp_settings
end
