# frozen_string_literal: true

require_relative "server"

test "launch serves pages, and the status page says ok" do
  Server.with(image) do |server|
    equal ["200", "ok"], server.get("/srv/status")
    truth server.get("/").last.include?("users: 0"), server.get("/").last
  end
end
