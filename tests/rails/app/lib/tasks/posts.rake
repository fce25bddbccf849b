# frozen_string_literal: true

# Imitates the rebaking of posts: progress with carriage returns, failures that are printed and not counted, exit code 0.
module RebakeTasks
  PAGE = 1000

  def self.rebake(post)
    post.rebake!(priority: :ultra_low)
  rescue StandardError => e
    puts "", "Failed to rebake (topic_id: #{post.topic_id}, post_id: #{post.id})", e, e.backtrace.join("\n")
  end

  def self.show(number, total)
    print format("\r%9d / %d (%5.1f%%)", number, total, number * 100.0 / total)
  end

  # All, the newest first, with a setting that stays as it is if the process is killed.
  def self.all
    before = SiteSetting.disable_system_edit_notifications
    SiteSetting.disable_system_edit_notifications = true
    total = Post.count
    Post.update_all("baked_version = NULL")
    pages(total).each_with_index do |post, index|
      rebake(post)
      show(index + 1, total)
    end
    puts "", "#{total} posts done!", "-" * 50
  ensure
    SiteSetting.disable_system_edit_notifications = before
  end

  def self.pages(total)
    (0...total).step(PAGE).lazy.flat_map { |offset| Post.order(id: :desc).offset(offset).limit(PAGE).to_a }
  end
end

desc "Cook all posts anew"
task "posts:rebake" => "environment" do
  puts "Rebaking posts of 'default'"
  RebakeTasks.all
end

desc "Cook posts that are marked or old"
task "posts:rebake_uncooked_posts" => "environment" do
  ids = Post.uncooked.pluck(:id).shuffle
  ids.each.with_index(1) do |id, number|
    RebakeTasks.rebake(Post.find(id))
    RebakeTasks.show(number, ids.size)
  end
  puts "", "#{ids.size} posts done!", ""
end
