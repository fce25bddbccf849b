//! The options of the object storage.

use crate::{
    address::WebAddress,
    discourse::{
        bucket::Bucket,
        credentials::{self, SecretOption},
        environment::Origin,
        object_storage::{BUCKET_FORM, ENDPOINT_FORM, REGION_FORM, endpoint, is_region},
    },
    secret::{Secret, SecretContent},
};

use super::{Context, S3, Storage, reader::Reader};

const BACKUP_BUCKET: &str = "s3_backup_bucket";
const BUCKET: &str = "s3_bucket";
const CDN_URL: &str = "s3_cdn_url";
const CORS_RULE: &str = "s3_install_cors_rule";
const ENDPOINT: &str = "s3_endpoint";
const KEY: &str = "s3_secret_access_key";
const KEY_ID: &str = "s3_access_key_id";
const REGION: &str = "s3_region";

/// The options that nothing reads without an object storage.
const ALL: [&str; 9] = [KEY_ID, BACKUP_BUCKET, BUCKET, CDN_URL, credentials::S3, ENDPOINT, CORS_RULE, REGION, KEY];

/// The options whose values a relation gives.
const GIVEN_BY_RELATION: [&str; 5] = [KEY_ID, credentials::S3, ENDPOINT, REGION, KEY];

impl Reader<'_> {
    /// The object storage; a related one needs no option but those that the relation does not give.
    pub(super) fn s3(&mut self, cdn: Option<WebAddress>) -> Option<S3> {
        let s3 = S3 {
            storage: self.storage(),
            backup_bucket: Bucket::parse(&self.text(BACKUP_BUCKET)),
            cdn_url: cdn,
            is_cors_rule_installed: self.boolean(CORS_RULE),
        };
        let uri = self.text(credentials::S3);
        if !self.is_s3_used() {
            self.warn_about_options_without_effect();
            return None;
        }
        self.check_bucket(BACKUP_BUCKET, s3.backup_bucket.as_ref());
        self.check_bucket(BUCKET, s3.storage.bucket.as_ref());
        if self.context.is_storage_related {
            self.warn_about_precedence("the relation s3", &GIVEN_BY_RELATION);
            return Some(s3);
        }
        let storage = self.complete(s3.storage.clone(), &uri);
        s3.warnings(&storage, Origin::Option).into_iter().for_each(|warning| self.warn(warning));
        Some(S3 { storage, ..s3 })
    }

    /// The address of the CDN, if there is a storage behind it.
    ///
    /// Discourse appends paths to it.
    pub(super) fn cdn_url(&mut self) -> Option<WebAddress> {
        let given = self.text(CDN_URL);
        if given.is_empty() || !self.is_s3_used() {
            return None;
        }
        let cdn = WebAddress::parse(&given).filter(WebAddress::is_plain);
        if cdn.is_none() {
            let form = "be an address such as https://cdn.example.com, without login or query";
            self.reject(CDN_URL, format!("{CDN_URL} must {form}"));
        }
        cdn
    }

    fn is_s3_used(&mut self) -> bool {
        self.boolean("s3_enabled") || self.context.is_storage_related
    }

    fn storage(&mut self) -> Storage {
        Storage {
            access_key_id: self.text(KEY_ID),
            secret_access_key: Secret::from(self.text(KEY)),
            bucket: Bucket::parse(&self.text(BUCKET)),
            region: self.text(REGION),
            endpoint: endpoint(&self.text(ENDPOINT)),
            credentials: None,
        }
    }

    /// Requires all that `s3_enabled` needs, and takes the keys from the secret if one is named.
    fn complete(&mut self, storage: Storage, uri: &str) -> Storage {
        self.check_endpoint(storage.endpoint.as_ref());
        self.check_region(&storage.region);
        let Context { app, s3_credentials: content, .. } = self.context;
        if *content == SecretContent::Unnamed {
            self.require_s3(&[KEY_ID, BUCKET, REGION, KEY]);
            return storage;
        }
        self.require_s3(&[BUCKET, REGION]);
        self.warn_about_precedence(credentials::S3, &[KEY_ID, KEY]);
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

    fn require_s3(&mut self, options: &[&'static str]) {
        let missing: Vec<&str> = options.iter().copied().filter(|option| self.text(option).is_empty()).collect();
        if !missing.is_empty() {
            self.reject("s3_enabled", format!("s3_enabled needs {}", missing.join(", ")));
        }
    }

    fn check_bucket(&mut self, option: &'static str, bucket: Option<&Bucket>) {
        if bucket.is_none() && !self.text(option).is_empty() {
            self.reject(option, format!("{option} must {BUCKET_FORM}"));
        }
    }

    fn check_endpoint(&mut self, endpoint: Option<&WebAddress>) {
        if endpoint.is_none() && !self.text(ENDPOINT).is_empty() {
            self.reject(ENDPOINT, format!("{ENDPOINT} must {ENDPOINT_FORM}"));
        }
    }

    fn check_region(&mut self, region: &str) {
        if !region.is_empty() && !is_region(region) {
            self.reject(REGION, format!("{REGION} must {REGION_FORM}"));
        }
    }

    fn warn_about_options_without_effect(&mut self) {
        let set = self.set(&ALL);
        if !set.is_empty() {
            let has = if set.len() == 1 { "has" } else { "have" };
            self.warn(format!("{} {has} no effect without s3_enabled=true or an s3 relation", set.join(", ")));
        }
    }

    fn warn_about_precedence(&mut self, stronger: &str, weaker: &[&'static str]) {
        let (set, app) = (self.set(weaker), self.context.app);
        if !set.is_empty() {
            let command = format!("juju config {app} --reset {}", set.join(","));
            self.warn(format!("{stronger} takes precedence over {}: {command}", set.join(", ")));
        }
    }

    /// Those of some options that have another value than their default; an option without a value asks for nothing.
    fn set(&mut self, options: &[&'static str]) -> Vec<&'static str> {
        let is_set = |option: &&'static str| self.is_changed(option) && (*option == CORS_RULE || self.is_given(option));
        options.iter().copied().filter(is_set).collect()
    }
}
