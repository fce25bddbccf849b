# frozen_string_literal: true

# Imitates one page of Discourse, /srv/status; the others are for tests.
Rails.application.routes.draw do
  root "forum#front"
  get "/srv/status" => "forum#status"
  get "/slow" => "forum#slow"
  post "/jobs" => "forum#enqueue"
  get "/jobs/:id" => "forum#job"
end
