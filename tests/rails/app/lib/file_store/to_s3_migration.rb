# frozen_string_literal: true

module FileStore
  class ToS3MigrationError < RuntimeError; end

  # Imitates the move of uploads into an object storage: files that differ in size, then addresses in all text columns.
  class ToS3Migration
    NEEDED = %w[DISCOURSE_S3_BUCKET DISCOURSE_S3_REGION].freeze
    KEYS = %w[DISCOURSE_S3_ACCESS_KEY_ID DISCOURSE_S3_SECRET_ACCESS_KEY].freeze
    LOCAL = "/uploads/default/original/"
    PREFIX = "original/"

    # From the plain environment, not from site settings.
    def self.s3_options_from_env
      keys = KEYS.all? { |name| ENV[name].present? } || ENV["DISCOURSE_S3_USE_IAM_PROFILE"].present?
      raise ToS3MigrationError, "Please provide #{[*NEEDED, *KEYS].join(', ')}" unless keys && NEEDED.all? { |name| ENV[name].present? }

      { bucket: ENV.fetch("DISCOURSE_S3_BUCKET"), client_options: { region: ENV.fetch("DISCOURSE_S3_REGION") } }
    end

    def initialize(s3_options:, dry_run: false, migrate_to_multisite: false)
      @bucket = Bucket.new(s3_options[:bucket])
      @dry_run = dry_run
      @migrate_to_multisite = migrate_to_multisite
    end

    # Jobs run in this process meanwhile. A dry run ends with the complaint that nothing was moved.
    def migrate
      Jobs.run_immediately!
      move
    ensure
      Jobs.run_later!
    end

    def migration_successful?(should_raise: false)
      left = Upload.by_users.where.not("url LIKE ?", "#{base_url}%").count
      problems = []
      problems << "#{left} of #{Upload.count} uploads are not migrated to S3." if left.positive?
      posts = Post.where("cooked LIKE ?", "%\"#{LOCAL}%").count
      problems << "#{posts} posts are not remapped to new S3 upload URL." if posts.positive?
      raise ToS3MigrationError, "#{problems.first} S3 migration failed for db 'default'." if should_raise && problems.any?

      problems.each { |problem| log problem }
      say_what_waits
      problems.empty?
    end

    protected

    def log(message)
      puts message
    end

    def uploads_migrated_to_new_scheme? # rubocop:disable Naming/PredicateName
      !Knobs["old-scheme"]
    end

    private

    def move
      log "#{'*' * 30} DRY RUN #{'*' * 30}" if @dry_run
      log "Migrating uploads to S3 for 'default'..."
      upload_files
      remap
      mark_lightboxes unless @dry_run
      migration_successful?(should_raise: true)
      log "Done!"
    end

    def mark_lightboxes
      count = Post.where("cooked LIKE '%class=\"lightbox\"%'").update_all(baked_version: nil)
      log "#{count} posts were flagged for a rebake"
    end

    def base_url
      "#{SiteSetting.Upload.s3_base_url}/#{PREFIX}"
    end

    def say_what_waits
      waiting = Post.uncooked.count
      log waiting.positive? ? "#{waiting} posts still require rebaking" : "No posts require rebaking"
    end

    def local_files
      Dir.chdir(Rails.public_path) { Dir["uploads/default/original/**/*"].select { |file| File.file?(file) }.sort }
    end

    def upload_files
      log " => #{local_files.size} files"
      there = @bucket.list(PREFIX).to_h { |object| [object.key, object.size] }
      local_files.each do |file|
        key = file.delete_prefix("uploads/default/")
        path = Rails.public_path.join(file)
        next if there[key] == File.size(path)

        @dry_run ? log("#{file} => #{key}") : @bucket.put(key, path)
      end
    end

    # Absolute addresses become those of the CDN, also where there is none.
    def remap
      { LOCAL => base_url, "#{Discourse.base_url}#{LOCAL}" => "#{SiteSetting.Upload.s3_cdn_url}/#{PREFIX}" }.to_a.reverse_each do |from, to|
        next log("REPLACING '#{from}' WITH '#{to}'") if @dry_run

        DbHelper.remap(from, to)
      end
    end
  end
end
