//! What Discourse and its client for S3 make of an object storage, whether options or a relation name it.
//!
//! *Source*: Discourse `lib/s3_helper.rb` and `app/models/site_setting.rb`; the AWS SDK for Ruby, rules for endpoints.

use crate::{
    address::{WebAddress, is_label},
    discourse::{
        bucket::Bucket,
        environment::Origin,
        settings::{S3, Storage},
    },
};

/// The region of storages that know none.
const DEFAULT_REGION: &str = "us-east-1";

/// The form of an endpoint, for texts about others.
pub const ENDPOINT_FORM: &str = "be an address such as https://s3.example.com, without login or query";

/// The form of a bucket, for texts about others.
pub const BUCKET_FORM: &str = "be the name of a bucket such as uploads, or with a folder such as uploads/forum";

/// The form of a region, for texts about others.
pub const REGION_FORM: &str = "be a name of letters, digits and dashes such as us-east-1";

/// The address of a service; the client takes no other.
///
/// *Empty*: a text that the client refuses.
#[must_use]
pub fn endpoint(text: &str) -> Option<WebAddress> {
    WebAddress::parse(text).filter(WebAddress::is_plain)
}

/// The region of a service that is not told: that in the name of one of Amazon's services, else the one that stands for none.
#[must_use]
pub fn usual_region(endpoint: &WebAddress) -> String {
    let host = endpoint.authority().host;
    let labels: Vec<&str> = host.as_str().split('.').collect();
    match labels.as_slice() {
        ["s3", region, "amazonaws", "com", ..] => (*region).to_owned(),
        _ => DEFAULT_REGION.to_owned(),
    }
}

/// A region as the client takes it, which puts it into names of hosts and into signatures.
///
/// *Empty*: the client refuses it.
#[must_use]
pub fn region(text: &str) -> Option<String> {
    is_label(text).then(|| text.to_ascii_lowercase())
}

impl S3 {
    /// What deserves a warning about a storage; `origin` maps the name of an option to where its value comes from.
    #[must_use]
    pub fn warnings(&self, storage: &Storage, origin: impl Fn(&'static str) -> Origin) -> Vec<String> {
        let endpoint = storage.endpoint.as_ref().and_then(|address| self.endpoint_warning(address, &origin));
        let buckets = [("s3_bucket", &storage.bucket), ("s3_backup_bucket", &self.backup_bucket)];
        let capitals = buckets.into_iter().filter(|(_, bucket)| bucket.as_ref().is_some_and(Bucket::has_capitals));
        let lower = "has capitals in its folder, which Discourse uses in lower case";
        let capitals = capitals.map(|(option, _)| format!("{} {lower}", origin(option)));
        endpoint.into_iter().chain(capitals).chain(self.backup_warning(storage)).collect()
    }

    /// Discourse makes the links to uploads from the bucket and the last part of the endpoint.
    fn endpoint_warning(&self, endpoint: &WebAddress, origin: impl Fn(&'static str) -> Origin) -> Option<String> {
        let name = origin("s3_endpoint");
        let has_links = self.cdn_url.is_none();
        if endpoint.has_path() {
            return Some(format!(
                "{name} has a path, which links to uploads leave out: they work only with s3_cdn_url"
            ));
        }
        let is_address = endpoint.authority().host.is_address();
        (is_address && has_links)
            .then(|| format!("{name} is an IP address: links to uploads work only with s3_cdn_url"))
    }

    fn backup_warning(&self, storage: &Storage) -> Option<String> {
        let (uploads, backups) = (storage.bucket.as_ref()?, self.backup_bucket.as_ref()?);
        let text = "s3_backup_bucket is where uploads are: Discourse expects another bucket, or a folder that holds no uploads";
        uploads.is_shared_with(backups).then(|| text.to_owned())
    }
}
