//! The options of the object storage.

use crate::{
    address::WebAddress,
    discourse::{
        bucket::Bucket,
        credentials::{self, SecretOption},
        environment::Origin,
        object_storage::{self, BUCKET_FORM, ENDPOINT_FORM, REGION_FORM, endpoint},
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
        let cdn = WebAddress::parse(&given).filter(|cdn| cdn.is_plain() && !cdn.as_str().ends_with('/'));
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
            region: self.region(),
            endpoint: endpoint(&self.text(ENDPOINT)),
            credentials: None,
        }
    }

    /// Requires all that `s3_enabled` needs, and takes the keys from the secret if one is named.
    fn complete(&mut self, storage: Storage, uri: &str) -> Storage {
        self.check_endpoint(storage.endpoint.as_ref());
        self.check_region();
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

    fn region(&mut self) -> String {
        object_storage::region(&self.text(REGION)).unwrap_or_default()
    }

    fn check_region(&mut self) {
        if self.region().is_empty() && !self.text(REGION).is_empty() {
            self.reject(REGION, format!("{REGION} must {REGION_FORM}"));
        }
    }

    fn warn_about_options_without_effect(&mut self) {
        let set = self.changed(&ALL);
        if !set.is_empty() {
            let has = if set.len() == 1 { "has" } else { "have" };
            self.warn(format!("{} {has} no effect without s3_enabled=true or an s3 relation", set.join(", ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};
    use serde_json::{Value, json};

    use crate::discourse::{
        environment::Environment,
        mistake::Findings,
        options::RawOptions,
        settings::{Checked, Settings},
    };

    use super::*;

    const RELATED: Context = Context { is_storage_related: true, ..Context::ALONE };

    /// Everything that a storage needs, and these options.
    fn enabled(others: &Value) -> Checked {
        let mut options = json!({"s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": "key", "s3_bucket": "uploads", "s3_region": "r"});
        options.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
        check(Context::ALONE, &options)
    }

    fn check(context: Context, options: &Value) -> Checked {
        Settings::check(&options.as_object().unwrap().clone().into_iter().collect::<RawOptions>(), context)
    }

    fn warnings(checked: Checked) -> Vec<String> {
        assert_eq!(checked.findings.mistakes, []);
        checked.findings.warnings
    }

    #[test]
    fn spelling_that_keeps_the_meaning_is_put_right_without_a_warning() {
        for (option, variable, value, expected) in [
            ("s3_bucket", "DISCOURSE_S3_BUCKET", " S3://Uploads/forum/ ", "uploads/forum"),
            ("s3_backup_bucket", "DISCOURSE_S3_BACKUP_BUCKET", "/Backups/", "backups"),
            ("s3_endpoint", "DISCOURSE_S3_ENDPOINT", "http://minio:9000/\n", "http://minio:9000"),
            ("s3_endpoint", "DISCOURSE_S3_ENDPOINT", " ", ""),
            ("s3_endpoint", "DISCOURSE_S3_ENDPOINT", "https://föhn.example", "https://xn--fhn-sna.example"),
            ("s3_cdn_url", "DISCOURSE_S3_CDN_URL", "https://CDN.example.com/forum/", "https://CDN.example.com/forum"),
            ("s3_region", "DISCOURSE_S3_REGION", " eu-west-3\n", "eu-west-3"),
        ] {
            let Checked { settings, findings } = enabled(&json!({option: value}));
            let mut environment = Environment::default();
            environment.extend(settings.variables());
            assert_eq!((environment.get(variable), findings), (expected, Findings::default()), "{option}");
        }
    }

    #[test]
    fn what_can_never_work_is_a_mistake_of_its_option() {
        let cdn = "be an address such as https://cdn.example.com, without login or query";
        for (option, values, form) in [
            ("s3_bucket", ["two words", "arn:aws:s3:::uploads", "/"], BUCKET_FORM),
            ("s3_backup_bucket", ["a,b", "https://backups.s3.example.com", "s3://"], BUCKET_FORM),
            ("s3_endpoint", ["minio:9000", "s3.example.com", "https://u:p@s3.example.com"], ENDPOINT_FORM),
            ("s3_region", ["eu west", "eu_west_3", "eu-"], REGION_FORM),
            ("s3_cdn_url", ["cdn.example.com", "//cdn.example.com", "https://cdn.example.com?v=1"], cdn),
        ] {
            for value in values {
                let mistakes = enabled(&json!({option: value})).findings.mistakes;
                let found: Vec<(&str, &str)> = mistakes.iter().map(|it| (it.option, it.text.as_str())).collect();
                assert_eq!(found, [(option, format!("{option} must {form}").as_str())], "{value}");
            }
        }
    }

    #[test]
    fn what_works_but_is_probably_not_meant_is_a_warning() {
        let shared = "s3_backup_bucket is where uploads are: \
                      Discourse expects another bucket, or a folder that holds no uploads";
        let path = "s3_endpoint has a path, which links to uploads leave out: they work only with s3_cdn_url";
        for (options, warning) in [
            (json!({"s3_endpoint": "https://s3.example.com/minio"}), path),
            (
                json!({"s3_endpoint": "http://10.0.0.1:9000"}),
                "s3_endpoint is an IP address: links to uploads work only with s3_cdn_url",
            ),
            (
                json!({"s3_bucket": "uploads/Forum"}),
                "s3_bucket has capitals in its folder, which Discourse uses in lower case",
            ),
            (json!({"s3_backup_bucket": "Uploads/"}), shared),
            (json!({"s3_bucket": "uploads/forum", "s3_backup_bucket": "uploads"}), shared),
        ] {
            assert_eq!(warnings(enabled(&options)), [warning], "{options}");
        }
        assert!(warnings(enabled(&json!({"s3_backup_bucket": "uploads/backups"}))).is_empty());
    }

    #[test]
    fn options_that_nothing_reads_are_named_in_one_warning() {
        let effect = "no effect without s3_enabled=true or an s3 relation";
        for (options, expected) in [
            (json!({"s3_endpoint": "", "s3_install_cors_rule": true}), vec![]),
            (json!({"s3_install_cors_rule": false}), vec![format!("s3_install_cors_rule has {effect}")]),
            (
                json!({"s3_cdn_url": "https://cdn.example.com", "s3_backup_bucket": "b", "s3_endpoint": "minio"}),
                vec![format!("s3_backup_bucket, s3_cdn_url, s3_endpoint have {effect}")],
            ),
        ] {
            let checked = check(Context::ALONE, &options);
            assert_eq!((checked.settings.s3.is_none(), warnings(checked)), (true, expected), "{options}");
        }
    }

    #[test]
    fn options_that_a_relation_or_a_secret_takes_the_place_of_are_named() {
        let options =
            json!({"s3_enabled": true, "s3_region": "r", "s3_endpoint": "minio", "s3_cdn_url": "https://cdn"});
        let expected = "the relation s3 takes precedence over s3_endpoint, s3_region: \
                        juju config forum --reset s3_endpoint,s3_region";
        assert_eq!(warnings(check(RELATED, &options)), [expected]);
        let keys = [("access-key-id", "id"), ("secret-access-key", "key")];
        let keys = keys.map(|(key, value)| (key.to_owned(), Secret::from(value.to_owned())));
        let content = SecretContent::Known(keys.into());
        let options = json!({
            "s3_enabled": true, "s3_bucket": "b", "s3_region": "r", "s3_credentials": "secret:a", "s3_access_key_id": "id",
        });
        let expected = "s3_credentials takes precedence over s3_access_key_id: \
                        juju config forum --reset s3_access_key_id";
        assert_eq!(warnings(check(Context { s3_credentials: &content, ..Context::ALONE }, &options)), [expected]);
    }

    #[test]
    fn a_bucket_to_ask_a_provider_for_must_be_one() {
        let mistakes = check(RELATED, &json!({"s3_bucket": "two words"})).findings.mistakes;
        assert_eq!(mistakes.iter().map(|it| it.option).collect::<Vec<_>>(), ["s3_bucket"]);
    }

    /// The options whose variables have their names.
    const NAMED_ALIKE: [&str; 7] = [KEY_ID, BACKUP_BUCKET, BUCKET, CDN_URL, ENDPOINT, REGION, KEY];

    /// Slashes at the ends of a bucket and of its folder have no meaning.
    fn without_slashes(text: &str) -> String {
        text.trim_matches(|c: char| c == '/' || c.is_whitespace()).replace('/', "").to_lowercase()
    }

    proptest! {
        #![proptest_config(crate::relations::arbitrary::trials())]

        #[test]
        fn every_value_of_an_option_is_used_or_named(
            option in select(NAMED_ALIKE.to_vec()),
            value in "[aA.:/ \\-_0\n]{0,8}|https?://[aA.:/@ ?]{1,8}",
            is_related in any::<bool>(),
            is_enabled in any::<bool>(),
        ) {
            let context = Context { is_storage_related: is_related, ..Context::ALONE };
            let Checked { settings, findings } = check(context, &json!({"s3_enabled": is_enabled, option: value}));
            let mut environment = Environment::default();
            environment.extend(settings.variables());
            let used = without_slashes(environment.get(&format!("DISCOURSE_{}", option.to_uppercase())));
            let meant = without_slashes(&value);
            let mut texts = findings.mistakes.iter().map(|it| &it.text).chain(&findings.warnings);
            prop_assert!(used.contains(&meant) || texts.any(|text| text.contains(option)), "{option} {value:?} {used}");
        }
    }
}
