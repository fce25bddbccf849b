# frozen_string_literal: true

# In Discourse this needs node and pnpm, which the image has not.
task "assets:precompile:asset_processor" do
  puts "Building the asset processor"
  File.write(File.join(__dir__, "../../tmp/asset-processor.js"), "// built with the image\n")
end

# The rest of the assets lies in public/ already.
task "assets:precompile" => "assets:precompile:asset_processor"
