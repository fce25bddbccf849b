# frozen_string_literal: true

module FileStore
  # Imitates uploads on the disk of this pod.
  class LocalStore
    def upload_path
      "uploads/default"
    end

    def external?
      false
    end

    def copy_from(source_path)
      FileUtils.mkdir_p(Rails.public_path.join(upload_path))
      FileUtils.cp_r(File.join(source_path, "."), Rails.public_path.join(upload_path))
    end
  end
end
