# frozen_string_literal: true

require "json"

# Imitates GlobalSetting with its environment provider: true and false, digits and text; a variable that is set but empty is nil.
module GlobalSetting
  DEFAULTS = {
    db_host: nil, db_port: nil, db_socket: nil, db_backup_host: nil, db_backup_port: nil, db_name: "discourse",
    db_username: "discourse", db_password: nil, db_connect_timeout: 5, db_pool: 8, db_advisory_locks: true,
    redis_host: "localhost", redis_port: 6379, redis_db: 0, redis_username: nil, redis_password: nil, redis_use_ssl: false,
    hostname: "www.example.com", developer_emails: nil, secret_key_base: nil, cdn_url: nil,
    s3_bucket: nil, s3_region: nil, s3_access_key_id: nil, s3_secret_access_key: nil, s3_use_iam_profile: nil,
    s3_endpoint: nil, s3_cdn_url: nil,
    smtp_address: nil, smtp_port: 25, smtp_domain: nil, smtp_user_name: nil, smtp_password: nil, smtp_authentication: "plain",
    smtp_enable_start_tls: true, smtp_force_tls: false, smtp_openssl_verify_mode: nil, smtp_open_timeout: 5, smtp_read_timeout: 30,
    max_old_rebakes_per_15_minutes: 300, sidekiq_workers: 5
  }.freeze

  DEFAULTS.each do |name, default|
    define_singleton_method(name) do
      variable = "DISCOURSE_#{name.to_s.upcase}"
      ENV.key?(variable) ? coerce(ENV[variable]) : default
    end
  end

  class << self
    def coerce(text)
      case text
      when "" then nil
      when "true" then true
      when "false" then false
      when /\A[0-9]+\z/ then text.to_i
      else text
      end
    end

    # As where the assets are compiled.
    def skip_servers?
      ENV["SKIP_DB_AND_REDIS"] == "1"
    end

    # Bucket and region alone: credentials are not looked at.
    def use_s3?
      !!(s3_bucket && s3_region)
    end

    def database_config
      {
        adapter: "postgresql", host: db_host || db_socket, port: db_port, database: db_name.to_s, username: db_username.to_s,
        password: db_password&.to_s, pool: db_pool, connect_timeout: db_connect_timeout, advisory_locks: db_advisory_locks,
        backup_host: db_backup_host, backup_port: db_backup_port, variables: db_variables
      }.compact
    end

    def redis_config
      { host: redis_host, port: redis_port, db: redis_db.to_i, username: redis_username, password: redis_password&.to_s,
        ssl: redis_use_ssl, timeout: 2, reconnect_attempts: 1 }.compact
    end

    def smtp_settings
      {
        address: smtp_address, port: smtp_port, domain: smtp_domain, user_name: smtp_user_name, password: smtp_password&.to_s,
        authentication: smtp_user_name && smtp_authentication, enable_starttls_auto: smtp_enable_start_tls && !smtp_force_tls,
        tls: smtp_force_tls || nil, openssl_verify_mode: smtp_openssl_verify_mode, open_timeout: smtp_open_timeout,
        read_timeout: smtp_read_timeout
      }.compact
    end

    private

    # PostgreSQL variables that every connection sets.
    def db_variables
      ENV.filter_map { |name, value| [name[/\ADISCOURSE_DB_VARIABLES_(.+)/, 1]&.downcase, value] }.select(&:first).to_h
    end
  end
end
