//! What values are: those that can be used are put right, those that probably are not meant are warned about, and those that can
//! never work block. A server that runs goes on; a new one is not started with them.

use rehearsal::providers::{ingress, oauth_with_secret, s3_with_keys, saml, smtp_with_password};
use serde_json::{Value, json};
use stage::remote::Scripted;

use crate::forum::{Forum, Outcome};

/// One byte more than Linux gives to a process as one variable, whatever its name.
const TOO_LONG: usize = 128 * 1024;

/// A forum that serves with an object storage in its options.
#[track_caller]
fn forum_with_storage() -> Forum {
    let storage = [("s3_enabled", json!(true)), ("s3_region", json!("r")), ("s3_bucket", json!("uploads"))];
    let keys = [("s3_access_key_id", json!("id")), ("s3_secret_access_key", json!("key"))];
    Forum::active_with(&[&storage[..], &keys].concat())
}

#[test]
fn a_value_that_is_too_long_for_a_process_blocks_and_the_forum_goes_on() {
    let mut forum = forum_with_storage();
    for option in [
        "cors_origin",
        "developer_emails",
        "external_hostname",
        "s3_access_key_id",
        "s3_backup_bucket",
        "s3_bucket",
        "s3_cdn_url",
        "s3_endpoint",
        "s3_region",
        "s3_secret_access_key",
        "saml_sync_groups",
        "smtp_address",
        "smtp_authentication",
        "smtp_domain",
        "smtp_enable_start_tls",
        "smtp_force_tls",
        "smtp_openssl_verify_mode",
        "smtp_password",
        "smtp_username",
        "throttle_level",
    ] {
        let prefix = if matches!(option, "s3_cdn_url" | "s3_endpoint") { "https://a/" } else { "a" };
        forum.set(option, prefix.to_owned() + &"a".repeat(TOO_LONG));
        let outcome = forum.update_status();
        outcome.assert_unchanged("blocked: ");
        assert!(outcome.status.contains(option) && outcome.status.len() < 500, "{option}: {}", outcome.status);
        forum.set(option, Value::Null);
        let again =
            json!({"s3_bucket": "uploads", "s3_region": "r", "s3_access_key_id": "id", "s3_secret_access_key": "key"});
        if let Some(value) = again.get(option) {
            forum.set(option, value.clone());
        }
    }
    forum.update_status().assert_unchanged("active");
}

#[test]
fn the_longest_value_that_a_process_can_be_given_is_served_with() {
    let longest = TOO_LONG - "DISCOURSE_DEVELOPER_EMAILS".len() - 2;
    let mut forum = Forum::active_with(&[("developer_emails", json!("a@b".repeat(longest / 3 + 1)[..longest]))]);
    assert_eq!(forum.variable("DISCOURSE_DEVELOPER_EMAILS").len(), longest);
    forum.set("developer_emails", "a@b".repeat(longest / 3 + 1)[..=longest].to_owned());
    let expected = "blocked: developer_emails is too long: DISCOURSE_DEVELOPER_EMAILS can have 131044 bytes";
    assert_eq!(forum.settle(), Outcome::unchanged(expected));
}

#[test]
fn a_value_of_a_relation_that_is_too_long_keeps_no_other_change_from_being_followed() {
    for (endpoint, provider, key) in [
        ("s3", s3_with_keys(), "bucket"),
        ("oauth", oauth_with_secret(), "client_id"),
        ("smtp", smtp_with_password(), "user"),
    ] {
        let options = [("force_https", json!(true)), ("external_hostname", json!("forum.example.com"))];
        let mut forum = Forum::active_with(&options);
        forum.stage.relate(endpoint, provider.clone()).unwrap();
        forum.settle();
        let before = forum.environment();
        provider.say(key, &"a".repeat(TOO_LONG));
        let outcome = forum.settle();
        outcome.assert_unchanged(&format!("blocked: {endpoint}: {key} "));
        assert_eq!(forum.environment(), before);
        forum.redis.fail_over().unwrap();
        forum.settle();
        assert_ne!(forum.variable("DISCOURSE_REDIS_HOST"), before["DISCOURSE_REDIS_HOST"], "{endpoint}");
    }
}

#[test]
fn an_invalid_ingress_keeps_no_other_change_from_being_followed_and_a_new_pod_from_starting() {
    let mut forum = Forum::active();
    forum.stage.unrelate("nginx-route").unwrap();
    let provider = ingress("https://forum.example.com:8443/");
    forum.stage.relate("ingress", provider.clone()).unwrap();
    forum.settle();
    let before = forum.variables("DISCOURSE_HOSTNAME");
    provider.say("ingress", &json!({"url": "https://apps.example.com/forum"}).to_string());
    forum.settle().assert_unchanged("blocked: ingress: the url must have no path");
    forum.redis.fail_over().unwrap();
    let outcome = forum.settle();
    assert_eq!((outcome.server_starts, forum.variables("DISCOURSE_HOSTNAME")), (1, before));
    forum.stage.kill_pod(0).unwrap();
    assert_eq!(forum.settle().server_starts, 0);
}

#[test]
fn a_new_pod_does_not_start_with_a_value_that_can_never_work_until_it_is_corrected() {
    let mut forum = Forum::active();
    forum.set("external_hostname", "two words");
    let blocked = "blocked: external_hostname must be one host name such as forum.example.com";
    assert_eq!(forum.settle(), Outcome::unchanged(blocked));
    forum.stage.kill_pod(0).unwrap();
    assert_eq!(forum.settle().without_posts(), Outcome::unready(blocked));
    forum.set("external_hostname", "");
    assert_eq!(forum.settle(), Outcome::restarted());
}

#[test]
fn a_new_pod_does_not_start_with_invalid_data_of_a_relation_unless_only_observability_suffers() {
    for (endpoint, provider, key, starts) in [
        ("smtp", smtp_with_password(), "host", false),
        ("tracing", Scripted::new("tempo", "tracing", "tracing"), "receivers", true),
    ] {
        let mut forum = Forum::active();
        provider.say(key, "two words");
        forum.stage.relate(endpoint, provider).unwrap();
        forum.settle().assert_unchanged(&format!("blocked: {endpoint}: "));
        forum.stage.kill_pod(0).unwrap();
        let outcome = forum.settle();
        assert!(outcome.status.starts_with(&format!("blocked: {endpoint}: ")), "{}", outcome.status);
        assert_eq!((outcome.is_ready, outcome.server_starts), (starts, usize::from(starts)), "{endpoint}");
    }
}

#[test]
fn the_address_of_the_forum_is_put_right_and_taken_apart() {
    let mut forum = Forum::active();
    for (given, hostname, port, origin) in [
        (" Forum.Example.com\n", "forum.example.com", "", "http://forum.example.com"),
        ("forum.example.com:8080", "forum.example.com", "8080", "http://forum.example.com:8080"),
        ("forum.example.com:80", "forum.example.com", "", "http://forum.example.com"),
        ("föhn.example", "xn--fhn-sna.example", "", "http://xn--fhn-sna.example"),
        ("[FD00::1]:8443", "[fd00::1]", "8443", "http://[fd00::1]:8443"),
        ("fd00::1", "[fd00::1]", "", "http://[fd00::1]"),
        ("https://forum.example.com/", "forum.example.com", "", "http://forum.example.com"),
    ] {
        forum.set("external_hostname", given);
        forum.settle();
        let variables = ["HOSTNAME", "PORT", "CORS_ORIGIN"].map(|name| forum.variable(&format!("DISCOURSE_{name}")));
        assert_eq!(variables, [hostname, port, origin], "{given}: {}", forum.status());
        assert_eq!(forum.ingress.heard_app()["service-hostname"], hostname.trim_matches(['[', ']']), "{given}");
    }
    let warning = "active: external_hostname is used without https://: force_https sets the scheme";
    assert!(forum.status().starts_with(warning), "{}", forum.status());
}

#[test]
fn what_is_no_address_of_a_forum_blocks_and_the_forum_goes_on() {
    let mut forum = Forum::active();
    for given in [
        "a.example.com,b.example.com",
        "*.example.com",
        "forum.example.com/talk",
        "forum example",
        "a..b",
        "ftp://a",
        "https://",
        "u@a",
        "a:0",
        "true",
    ] {
        forum.set("external_hostname", given);
        forum.update_status().assert_unchanged("blocked: external_hostname must ");
    }
}

#[test]
fn an_ingress_with_a_port_or_an_ipv6_address_is_seen_in_every_origin() {
    let mut forum = Forum::active();
    forum.stage.unrelate("nginx-route").unwrap();
    let provider = ingress("https://forum.example.com:8443/");
    forum.stage.relate("ingress", provider.clone()).unwrap();
    for (url, hostname, port, origin) in [
        ("https://forum.example.com:8443/", "forum.example.com", "8443", "https://forum.example.com:8443"),
        ("https://[fd00::1]", "[fd00::1]", "", "https://[fd00::1]"),
    ] {
        provider.say("ingress", &json!({"url": url}).to_string());
        forum.settle();
        let variables = ["HOSTNAME", "PORT", "CORS_ORIGIN"].map(|name| forum.variable(&format!("DISCOURSE_{name}")));
        assert_eq!(variables, [hostname, port, origin], "{url}");
    }
}

#[test]
fn allowed_origins_are_written_as_browsers_send_them() {
    let mut forum = Forum::active();
    forum.set("cors_origin", "HTTPS://Blog.example.com/\nhttps://shop.example.com:443,, https://föhn.example/news");
    forum.settle();
    let expected = "http://discourse-k8s,https://blog.example.com,https://shop.example.com,https://xn--fhn-sna.example";
    assert_eq!(forum.variable("DISCOURSE_CORS_ORIGIN"), expected);
    let warning = "active: cors_origin has an entry with more than scheme, name and port: browsers send only these";
    assert!(forum.status().starts_with(warning), "{}", forum.status());
}

#[test]
fn what_a_file_leaves_around_a_value_has_no_meaning() {
    let mut forum = Forum::active();
    let options = [
        ("developer_emails", json!("\u{feff}Ann@example.com\r\nbob@example.com\r\n")),
        ("smtp_address", json!("mail.example.com\n")),
        ("smtp_authentication", json!("PLAIN\n")),
        ("smtp_username", json!(" forum\n")),
        ("smtp_password", json!(" pass word \r\n")),
    ];
    forum.stage.config(options).unwrap();
    forum.settle();
    let variables = ["DEVELOPER_EMAILS", "SMTP_ADDRESS", "SMTP_AUTHENTICATION", "SMTP_USER_NAME", "SMTP_PASSWORD"];
    assert_eq!(
        variables.map(|name| forum.variable(&format!("DISCOURSE_{name}"))),
        ["ann@example.com,bob@example.com", "mail.example.com", "plain", "forum", " pass word "]
    );
}

#[test]
fn a_credential_that_discourse_takes_for_a_number_is_warned_about_and_used() {
    let mut forum =
        Forum::active_with(&[("smtp_address", json!("mail.example.com")), ("smtp_username", json!("forum"))]);
    for (password, is_warned) in [("4711", false), ("0815", true), ("false", true), ("4711a", false)] {
        forum.set("smtp_password", password);
        forum.settle();
        assert_eq!(forum.variable("DISCOURSE_SMTP_PASSWORD"), password);
        let warning = "smtp_password is read as a number or boolean by Discourse: use one with letters";
        let explanation = forum.stage.run(0, "explain", json!({})).unwrap().results["explanation"].to_string();
        assert_eq!(explanation.contains(warning), is_warned, "{password}");
    }
}

#[test]
fn warnings_are_all_in_the_log_once_per_change_and_the_status_counts_those_that_it_does_not_show() {
    let mut forum = Forum::active();
    let lines = |forum: &Forum, text: &str| forum.log().lines().filter(|line| line.contains(text)).count();
    forum.set("smtp_port", 0);
    forum.set("sidekiq_max_memory", 100);
    for _ in 0..3 {
        forum.settle();
        forum.update_status();
    }
    let texts = ["smtp_port is not a port number", "sidekiq_max_memory counts as 500", "uploads are lost"];
    assert_eq!(texts.map(|text| lines(&forum, text)), [1, 1, 2]);
    assert!(forum.status().contains("; and ") && forum.status().ends_with("juju run discourse-k8s/0 explain"));
    forum.set("smtp_port", Value::Null);
    forum.settle();
    assert_eq!(texts.map(|text| lines(&forum, text)), [1, 2, 3]);
}

#[test]
fn saml_groups_are_listed_whatever_they_are_separated_by() {
    let mut forum = Forum::active_with(&[("force_https", json!(true))]);
    forum.stage.relate("saml", saml()).unwrap();
    for (given, groups) in [("staff\n 123 , ops", "staff|123|ops"), ("123", "123|")] {
        forum.set("saml_sync_groups", given);
        forum.settle();
        assert_eq!(forum.variable("DISCOURSE_SAML_SYNC_GROUPS_LIST"), groups);
    }
}
