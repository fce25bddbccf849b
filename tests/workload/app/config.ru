# frozen_string_literal: true

require_relative "lib/application"

Application.boot("unicorn")
require_relative "lib/pages"
run Pages.new
