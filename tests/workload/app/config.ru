# frozen_string_literal: true

require_relative "lib/application"

Application.boot("unicorn")
require_relative "lib/pages"
require_relative "lib/collector"
run Pages.new
