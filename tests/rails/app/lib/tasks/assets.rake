# frozen_string_literal: true

# Imitates assets:precompile, which boots without servers, and its part that needs node and pnpm, which the image has not.
task "assets:precompile:asset_processor" do
  puts "Building the asset processor"
  system("pnpm", "-C=frontend/asset-processor", "node", "build.js", exception: true)
  File.write("tmp/asset-processor.js", "// built with the image\n")
end

# The other assets are in public/ already.
task "assets:precompile" => %w[environment assets:precompile:asset_processor]
