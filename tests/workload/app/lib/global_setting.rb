# frozen_string_literal: true

# Discourse's global settings as its environment provider reads them: true and
# false, digits and text; a variable that is set but empty is nil, not the default.
module GlobalSetting
  DEFAULTS = {
    db_host: nil, db_port: nil, db_socket: nil, db_name: "discourse", db_username: "discourse",
    db_password: nil, db_connect_timeout: 5, db_advisory_locks: true,
    redis_host: "localhost", redis_port: 6379, redis_db: 0, redis_username: nil,
    redis_password: nil, redis_use_ssl: false,
    hostname: "www.example.com", developer_emails: nil, secret_key_base: nil,
    s3_bucket: nil, s3_region: nil, s3_access_key_id: nil, s3_secret_access_key: nil,
    s3_use_iam_profile: nil, s3_endpoint: nil, s3_cdn_url: nil
  }.freeze

  DEFAULTS.each do |name, default|
    define_singleton_method(name) do
      variable = "DISCOURSE_#{name.to_s.upcase}"
      ENV.key?(variable) ? coerce(ENV[variable]) : default
    end
  end

  def self.coerce(text)
    case text
    when "" then nil
    when "true" then true
    when "false" then false
    when /\A[0-9]+\z/ then text.to_i
    else text
    end
  end

  # PostgreSQL variables that every connection sets.
  def self.db_variables
    ENV.filter_map { |name, value| [name[/\ADISCOURSE_DB_VARIABLES_(.+)/, 1]&.downcase, value] }
       .select(&:first).to_h
  end

  # S3 is on when bucket, region and some credentials exist.
  def self.use_s3?
    credentials = (s3_access_key_id && s3_secret_access_key) || s3_use_iam_profile
    !!(s3_bucket && s3_region && credentials)
  end
end
