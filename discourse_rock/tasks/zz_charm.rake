# frozen_string_literal: true

# Loaded after Discourse's own tasks, which it changes for everybody: Discourse's restore runs db:migrate, too.
#
# The image has neither node nor pnpm, which these tasks need, but it has what they build. No task shall wait for them.
PREBUILT = { "assets:precompile:asset_processor" => "tmp/asset-processor.js",
             "assets:precompile:theme_transpiler" => "tmp/theme-transpiler.js" }.freeze

PREBUILT.each do |name, file|
  next unless File.exist?(File.join(__dir__, "../..", file))

  Rake::Task.tasks.each { |task| task.prerequisites.delete(name) }
end
