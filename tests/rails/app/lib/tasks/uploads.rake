# frozen_string_literal: true

# Imitates uploads:migrate_to_s3, which waits for a line first.
task "uploads:migrate_to_s3" => "environment" do
  puts "This cannot be undone. Press Enter to go on"
  $stdin.gets
  options = FileStore::ToS3Migration.s3_options_from_env
  FileStore::ToS3Migration.new(s3_options: options, dry_run: !ENV["DRY_RUN"].nil?).migrate
end

task "uploads:s3_migration_status" => "environment" do
  exit 1 unless FileStore::ToS3Migration.new(s3_options: FileStore::ToS3Migration.s3_options_from_env).migration_successful?
end
