# frozen_string_literal: true

require_relative "site_setting/upload"

# Imitates SiteSetting: values of the database that each process reads once; a variable DISCOURSE_<NAME> takes precedence.
class SiteSetting
  DEFAULTS = {
    title: "Discourse", allow_restore: false, backup_location: "local", maximum_backups: 5, force_https: false,
    include_s3_uploads_in_backups: false, include_thumbnails_in_backups: false, backup_gzip_compression_level_for_uploads: 1,
    decompressed_backup_max_file_size_mb: 100_000, disable_emails: "no", s3_backup_bucket: "", s3_disable_cleanup: false,
    enable_s3_uploads: false, s3_upload_bucket: "", s3_cdn_url: "", disable_system_edit_notifications: false,
    rebake_old_posts_count: 80, notification_email: "noreply@example.com"
  }.freeze
  # How the column data_type says what a value is.
  TYPES = { String => 1, Integer => 3, TrueClass => 5, FalseClass => 5 }.freeze

  DEFAULTS.each_key do |name|
    define_singleton_method(name) { get(name) }
    define_singleton_method("#{name}?") { get(name) }
    define_singleton_method("#{name}=") { |value| set(name, value) }
  end

  class << self
    def get(name)
      variable = "DISCOURSE_#{name.to_s.upcase}"
      return coerce(name, ENV[variable]) if ENV[variable].present?

      values.fetch(name.to_sym) { DEFAULTS.fetch(name.to_sym) }
    end

    def set(name, value)
      DB.exec("INSERT INTO site_settings (name, data_type, value, created_at, updated_at) VALUES (:name, :type, :value, now(), now()) " \
              "ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()",
              name: name.to_s, type: TYPES.fetch(DEFAULTS.fetch(name.to_sym).class), value: stored(value))
      values[name.to_sym] = value
    end

    def set_and_log(name, value, user = Discourse.system_user)
      set(name, value)
      DB.exec("INSERT INTO user_histories (action, acting_user_id, details, created_at) VALUES ('change_site_setting', ?, ?, now())",
              user.id, "#{name}: #{value}")
    end

    # From the database, for this process alone.
    def refresh!
      @values = load
    end

    def after_fork
      @values = nil
    end

    # As `SiteSetting.Upload`.
    def Upload # rubocop:disable Naming/MethodName
      Upload
    end

    private

    def values
      @values ||= load
    end

    def load
      return {} unless ActiveRecord::Base.connection.table_exists?("site_settings")

      DB.query("SELECT name, value FROM site_settings").to_h { |row| [row.name.to_sym, coerce(row.name, row.value)] }
    end

    def coerce(name, text)
      case DEFAULTS[name.to_sym]
      when true, false then %w[t true].include?(text)
      when Integer then text.to_i
      else text
      end
    end

    def stored(value)
      { true => "t", false => "f" }.fetch(value, value.to_s)
    end
  end
end
