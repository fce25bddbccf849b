# frozen_string_literal: true

module BackupRestore
  # Imitates a backup: the order of its steps, its names, and a refusal that cleans up what belongs to the one under way.
  class Creator
    include Archive

    attr_reader :success, :store

    def initialize(user_id, opts = {})
      @user = User.find_by(id: user_id)
      @success = false
      @logs = []
      @store = BackupStore.create
      @with_uploads = opts[:with_uploads] != false && (local_uploads? || SiteSetting.include_s3_uploads_in_backups)
      name_files(opts[:filename])
    end

    # The name of the backup, or nil. Whatever happens, the end is cleaned up.
    def run
      raise OperationRunningError if BackupRestore.is_operation_running?
      raise Discourse::InvalidParameters, "user_id" unless @user

      log "[STARTED]"
      log "'#{@user.username}' has started the backup!"
      BackupRestore.mark_as_running!
      BackupRestore.listen_for_shutdown_signal
      Steps.reach("mark")
      make
    rescue SystemExit
      log "The backup was cancelled"
    rescue Exception => e # rubocop:disable Lint/RescueException
      log "EXCEPTION: #{e.message}"
      log e.backtrace.join("\n")
    else
      @success = true
      @backup_filename
    ensure
      finish
    end

    private

    def make
      [@tmp_directory, @archive_directory].each { |folder| FileUtils.mkdir_p(folder) }
      update_metadata
      dump_public_schema
      @with_uploads ? create_archive : move_dump
      upload_archive if store.remote?
    end

    def name_files(wanted)
      time = Time.now.strftime("%Y-%m-%d-%H%M%S")
      title = SiteSetting.title.parameterize[0, 64].presence || "discourse"
      @tmp_directory = Rails.root.join("tmp/backups/default", time).to_s
      @archive_directory = LocalBackupStore.base_directory
      @dump_filename = File.join(@tmp_directory, DUMP_FILE)
      name = "#{wanted || "#{title}-#{time}"}-#{VERSION_PREFIX}#{BackupRestore.current_version}"
      @backup_filename = "#{name}#{@with_uploads ? '.tar.gz' : '.sql.gz'}"
      @archive_basename = File.join(@archive_directory, name)
    end

    def update_metadata
      Steps.reach("metadata")
      log "Writing what the dump says of this forum..."
      s3 = SiteSetting.Upload.enable_s3_uploads
      BackupMetadata.delete_all
      {
        base_url: Discourse.base_url, cdn_url: Discourse.asset_host, s3_base_url: s3 ? SiteSetting.Upload.s3_base_url : nil,
        s3_cdn_url: s3 ? SiteSetting.Upload.s3_cdn_url : nil, db_name: RailsMultisite::ConnectionManagement.current_db, multisite: "f"
      }.each { |name, value| BackupMetadata.create!(name: name, value: value) }
    end

    def dump_public_schema
      Steps.write("dump", @dump_filename)
      log "Dumping the public schema..."
      IO.popen("#{pg_dump_command} 2>&1") { |pipe| pipe.each_line { |line| log line.chomp } }
      raise "pg_dump failed" unless Process.last_status.success?

      ForeignDump.imitate(@dump_filename)
    end

    def pg_dump_command
      config = BackupRestore.database_configuration
      [
        *("PGPASSWORD='#{config.password}'" if config.password.present?), "pg_dump", "--schema=public", "-T public.pg_*",
        "--file='#{@dump_filename}'", "--no-owner", "--no-privileges", "--verbose", "--compress=4",
        *("--host=#{config.host}" if config.host.present?), *("--port=#{config.port}" if config.port.present?),
        *("--username=#{config.username}" if config.username.present?), config.database
      ].join(" ")
    end

    def move_dump
      archive = File.join(@archive_directory, @backup_filename)
      Steps.write("archive", archive)
      File.symlink?(archive) ? FileUtils.cp(@dump_filename, archive) : FileUtils.mv(@dump_filename, archive)
      remove_tmp_directory
    end

    def upload_archive
      Steps.reach("upload")
      log "Uploading the archive..."
      store.upload_file(@backup_filename, File.join(@archive_directory, @backup_filename), "application/gzip")
    end

    def finish
      attempt("deleting old backups") { store.delete_old }
      log "Cleaning up..."
      clean_up
      log "Finished!"
      log @success ? "[SUCCESS]" : "[FAILED]"
    end

    # Of whoever it is.
    def clean_up
      archive = File.join(@archive_directory, @backup_filename)
      attempt("deleting the uploaded archive") { FileUtils.rm_f(archive) if store.remote? }
      attempt("deleting what is left of archives") { FileUtils.rm_f(Dir[File.join(@archive_directory, "*.tar")]) }
      attempt("unlocking") { BackupRestore.mark_as_not_running! }
    end

    def attempt(what)
      yield
    rescue StandardError => e
      log "Something went wrong with #{what}: #{e.message}"
    end

    def remove_tmp_directory
      FileUtils.rm_rf(@tmp_directory)
    end

    def log(message)
      puts message
      @logs << message
    end
  end

  # The older name.
  Backuper = Creator
end
