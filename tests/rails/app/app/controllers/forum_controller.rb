# frozen_string_literal: true

require "digest"

# Imitates /srv/status, which needs Redis only; the other pages are for tests.
class ForumController < ActionController::Base
  skip_before_action :verify_authenticity_token, raise: false
  after_action { Metrics.count(request.request_method, response.status) }

  def status
    return render(plain: "unhealthy\n", status: :internal_server_error) if Knobs["unhealthy"]

    Discourse.readonly_mode?
    render plain: "ok"
  end

  # What this process knows of settings beside what the database says.
  def front
    key = Digest::SHA256.hexdigest(Discourse.secret_key_base)[0, 12]
    lines = ["title: #{SiteSetting.title}", "hostname: #{GlobalSetting.hostname}", "users: #{User.where('id > 0').count}", "key: #{key}"]
    items = lines.map { |line| "<li>#{ERB::Util.html_escape(line)}</li>\n" }
    render html: "<!DOCTYPE html>\n<title>Forum</title>\n<ul>\n#{items.join}</ul>\n".html_safe
  end

  def slow
    sleep Float(params[:seconds] || 1)
    render plain: "slept\n"
  end

  def enqueue
    render plain: "#{Jobs.enqueue(:test_job)}\n", status: :accepted
  end

  def job
    render plain: Jobs.performed?(params[:id]) ? "done\n" : "queued\n"
  end
end
