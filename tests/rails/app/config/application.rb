# frozen_string_literal: true

# Imitates Discourse's own: the name of the application, where migrations are and what a boot demands.

require "rails"
%w[active_record action_controller action_mailer].each { |framework| require "#{framework}/railtie" }
%w[journal knobs version global_setting discourse rails_multisite].each { |file| require_relative "../lib/#{file}" }

module Discourse
  class Application < Rails::Application
    config.load_defaults 6.1
    config.autoload_paths << root.join("lib").to_s
    config.eager_load_paths << root.join("lib").to_s
    config.paths["db/migrate"] << "db/post_migrate" unless Discourse.skip_post_deployment_migrations?
    config.active_record.dump_schema_after_migration = false
    config.active_record.belongs_to_required_by_default = false
    config.action_dispatch.show_exceptions = true

    # In place of config/database.yml.
    def config.database_configuration
      { Rails.env => GlobalSetting.database_config.deep_stringify_keys }
    end

    # Files that are not named after what is in them.
    initializer("not autoloaded", before: :setup_main_autoloader) do
      Rails.autoloaders.main.inflector.inflect("db" => "DB")
      Rails.autoloaders.main.ignore(%w[lib/version.rb lib/tasks].map { |path| root.join(path) })
    end

    # Rails' own key is made of this.
    initializer("secret", before: :load_config_initializers) { |app| app.config.secret_key_base = Discourse.secret_key_base }
  end
end
