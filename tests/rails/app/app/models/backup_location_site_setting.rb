# frozen_string_literal: true

# Imitates BackupLocationSiteSetting.
class BackupLocationSiteSetting
  LOCAL = "local"
  S3 = "s3"
  NAMES = { LOCAL => "Local Storage", S3 => "S3" }.freeze
end
