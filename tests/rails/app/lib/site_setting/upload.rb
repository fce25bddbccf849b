# frozen_string_literal: true

class SiteSetting
  # Imitates SiteSetting::Upload: where uploads are, by variables before settings.
  module Upload
    class << self
      def enable_s3_uploads
        SiteSetting.enable_s3_uploads || GlobalSetting.use_s3?
      end

      def s3_upload_bucket
        GlobalSetting.s3_bucket || SiteSetting.s3_upload_bucket
      end

      def s3_base_url
        "//#{s3_upload_bucket}.s3.dualstack.#{GlobalSetting.s3_region}.amazonaws.com"
      end

      # An empty one is not nil.
      def s3_cdn_url
        GlobalSetting.s3_cdn_url || SiteSetting.s3_cdn_url
      end
    end
  end
end
