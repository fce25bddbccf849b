# frozen_string_literal: true

Gem::Specification.new do |spec|
  spec.name = "sidekiq"
  spec.version = "7.0.0"
  spec.summary = "A stand-in, which is started as the gem of that name is"
  spec.authors = ["discourse-k8s"]
  spec.bindir = "bin"
  spec.executables = ["sidekiq"]
  spec.files = ["bin/sidekiq", "lib/sidekiq.rb"]
end
