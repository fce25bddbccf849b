# frozen_string_literal: true

Gem::Specification.new do |spec|
  spec.name = "sidekiq"
  spec.version = "7.0.0"
  spec.summary = "Starts Debian's Sidekiq where the bundle's is asked for"
  spec.authors = ["discourse-k8s"]
  spec.bindir = "bin"
  spec.executables = ["sidekiq"]
  spec.files = ["bin/sidekiq"]
end
