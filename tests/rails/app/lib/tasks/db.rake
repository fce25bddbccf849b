# frozen_string_literal: true

# Imitates Discourse's db:migrate: Rails' own, then seeds whose failure is only printed; the asset processor first.
Rake::Task["db:migrate"].clear

task "db:migrate" => %w[db:load_config environment assets:precompile:asset_processor] do
  ActiveRecord::Tasks::DatabaseTasks.migrate
  begin
    SeedFu.seed
  rescue StandardError => e
    puts e.backtrace
  end
end
