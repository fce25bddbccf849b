# frozen_string_literal: true

require "digest"
require "rack"
require "socket"
require_relative "metrics"
require_relative "rails_log"

# The pages of the forum, as a Rack application.
class Pages
  TEXT = { "Content-Type" => "text/plain; charset=utf-8" }.freeze
  HTML = { "Content-Type" => "text/html; charset=utf-8" }.freeze

  def call(environment)
    request = Rack::Request.new(environment)
    answer_or_error(request).tap do |status, *|
      Metrics.count(request.request_method, status)
      RailsLog.info("Completed #{status} #{request.request_method} #{request.path}")
    end
  end

  private

  def answer_or_error(request)
    answer(request)
  rescue Redis::BaseError, ActiveRecord::ActiveRecordError => e
    warn "#{request.request_method} #{request.path}: #{e.message}"
    [500, TEXT.dup, ["error\n"]]
  end

  def answer(request)
    case [request.request_method, request.path_info]
    in ["GET" | "HEAD", "/srv/status"] then status
    in ["GET" | "HEAD", "/"] then front
    in ["GET", "/slow"] then slow(request.params["seconds"])
    in ["POST", "/jobs"] then [202, TEXT.dup, ["#{Jobs.enqueue('test_job')}\n"]]
    in ["GET", %r{\A/jobs/(?<id>[0-9a-f]+)\z}] then job(request.path_info.delete_prefix("/jobs/"))
    else [404, TEXT.dup, ["not found\n"]]
    end
  end

  # Touches Redis, not PostgreSQL.
  def status
    return [500, TEXT.dup, ["unhealthy\n"]] if Knobs["unhealthy"]

    Discourse.redis.get("readonly_mode")
    [200, TEXT.dup, ["ok"]]
  end

  def front
    users = ActiveRecord::Base.query("SELECT count(*) AS users FROM users WHERE id > 0").first["users"]
    key = Digest::SHA256.hexdigest(Discourse.secret_key_base)[0, 12]
    lines = ["hostname: #{GlobalSetting.hostname}", "users: #{users}", "key: #{key}"]
    items = lines.map { |line| "<li>#{Rack::Utils.escape_html(line)}</li>\n" }
    [200, HTML.dup, ["<!DOCTYPE html>\n<title>Forum</title>\n<ul>\n#{items.join}</ul>\n"]]
  end

  def slow(seconds)
    puts "sleeps for #{seconds} s"
    sleep Float(seconds || 1)
    [200, TEXT.dup, ["slept\n"]]
  end

  def job(id)
    [200, TEXT.dup, [Jobs.performed?(id) ? "done\n" : "queued\n"]]
  end
end
