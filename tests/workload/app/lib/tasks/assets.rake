# frozen_string_literal: true

# In Discourse this needs node and pnpm, which the image has not.
task "assets:precompile:asset_processor" do
  puts "Building the asset processor"
end
