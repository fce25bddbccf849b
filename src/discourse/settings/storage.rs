//! The options of the object storage.

use crate::{
    address::WebAddress,
    discourse::credentials::{self, SecretOption},
    secret::{Secret, SecretContent},
};

use super::{Context, S3, Storage, reader::Reader};

impl Reader<'_> {
    /// The object storage; a related one needs no option but those that the relation does not give.
    pub(super) fn s3(&mut self, cdn: Option<WebAddress>) -> Option<S3> {
        let s3 = S3 {
            storage: self.storage(),
            backup_bucket: self.text("s3_backup_bucket"),
            cdn_url: cdn.map(|cdn| cdn.as_str().to_owned()).unwrap_or_default(),
            is_cors_rule_installed: self.boolean("s3_install_cors_rule"),
        };
        let (is_enabled, uri) = (self.boolean("s3_enabled"), self.text(credentials::S3));
        if self.context.is_storage_related {
            return Some(s3);
        }
        is_enabled.then(|| S3 { storage: self.complete(s3.storage, &uri), ..s3 })
    }

    /// The address of the CDN, if there is a storage behind it.
    pub(super) fn cdn_url(&mut self) -> Option<WebAddress> {
        let given = self.text("s3_cdn_url");
        let is_used = self.boolean("s3_enabled") || self.context.is_storage_related;
        if !is_used || given.is_empty() {
            return None;
        }
        let cdn = WebAddress::parse(&given);
        if cdn.is_none() {
            self.reject("s3_cdn_url", "s3_cdn_url must begin with https:// or http:// and a host name");
        }
        cdn
    }

    fn storage(&mut self) -> Storage {
        Storage {
            access_key_id: self.text("s3_access_key_id"),
            secret_access_key: Secret::from(self.text("s3_secret_access_key")),
            bucket: self.text("s3_bucket"),
            region: self.text("s3_region"),
            endpoint: self.text("s3_endpoint"),
            credentials: None,
        }
    }

    /// Requires all that `s3_enabled` needs, and takes the keys from the secret if one is named.
    fn complete(&mut self, storage: Storage, uri: &str) -> Storage {
        let (bucket, region) = (("s3_bucket", storage.bucket.as_str()), ("s3_region", storage.region.as_str()));
        let Context { app, s3_credentials: content, .. } = self.context;
        if *content == SecretContent::Unnamed {
            let id = ("s3_access_key_id", storage.access_key_id.as_str());
            let key = ("s3_secret_access_key", storage.secret_access_key.expose());
            self.require_s3(&[id, bucket, region, key]);
            return storage;
        }
        self.require_s3(&[bucket, region]);
        let keys = credentials::s3(SecretOption { uri, content, app });
        match self.or_mistake(keys).flatten() {
            Some(keys) => Storage {
                access_key_id: keys.access_key_id,
                secret_access_key: keys.secret_access_key,
                credentials: Some(credentials::S3),
                ..storage
            },
            None => storage,
        }
    }

    fn require_s3(&mut self, values: &[(&str, &str)]) {
        let missing = values.iter().filter(|(_, value)| value.is_empty());
        let missing: Vec<&str> = missing.map(|(option, _)| *option).collect();
        if !missing.is_empty() {
            self.reject("s3_enabled", format!("s3_enabled needs {}", missing.join(", ")));
        }
    }
}
