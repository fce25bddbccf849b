# frozen_string_literal: true

desc "Migrate and seed the database"
task "db:migrate" => %w[environment assets:precompile:asset_processor] do
  folders = ["db/migrate"]
  folders << "db/post_migrate" unless Discourse.skip_post_deployment_migrations?
  ActiveRecord::Migrator.new(folders.map { |folder| File.join(Application::ROOT, folder) }).migrate

  # As in Discourse: a seed that fails prints its backtrace, and the task goes on.
  begin
    SeedFu.seed
  rescue StandardError => e
    puts e.backtrace
  end
end
