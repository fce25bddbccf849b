//! The applications that a forum can be related to, as they write their databags: one function per endpoint.

use serde_json::json;
use stage::remote::Scripted;

/// The certificate of the SAML identity provider.
pub const CERTIFICATE: &str = "\
    MIIBkDCCATWgAwIBAgIUXDjfG9RqrTr0NijhY7yuccGM5MowCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRbG9naW4uZXhhbXBsZS5jb20wIBcNMj\
    YxMTI4MjI0MzMxWhgPMjEyNjExMDQyMjQzMzFaMBwxGjAYBgNVBAMMEWxvZ2luLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\
    QgAEfxVT4havTcq08RgJJFDkGPOsH4gyulnWhu+EuHKWbyEjojRR2VfWHEEwsBc+ClRCWn9URTTZ8jLvRv6kIki+mqNTMFEwHQYDVR0OBBYEFO\
    rlHIpOu8xkMmUBr33sVYvzbS4qMB8GA1UdIwQYMBaAFOrlHIpOu8xkMmUBr33sVYvzbS4qMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID\
    SQAwRgIhAIHrzb8XDf0T/dA1KvcvtxXPFDoef7Bgg7g4Tm5Zk4VmAiEAwaZ+WNP/2VyU+rJcm6JCvBaCpwEACkBJ7yjRo032rB4=";

/// The SHA-1 fingerprint of [`CERTIFICATE`].
pub const FINGERPRINT: &str = "96:46:8F:0C:68:61:12:6B:F5:5B:FA:E0:01:DC:5E:24:02:74:1D:ED";

/// The certificate that replaces [`CERTIFICATE`] some day.
pub const NEXT_CERTIFICATE: &str = "\
    MIIBjjCCATWgAwIBAgIUG+mzagyR3rIh13xZKHPGIGTplgwwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRbG9naW4uZXhhbXBsZS5jb20wIBcNMj\
    YxMTI4MjI0MzMxWhgPMjEyNjExMDQyMjQzMzFaMBwxGjAYBgNVBAMMEWxvZ2luLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\
    QgAET+lIMA1RqwunSU5c/fik5mbPS6iNPGraE/0eFfjmXa9nmx7iPlH7NfI9+vA4/QliQkSvNJADTLV5cp9zGKcsw6NTMFEwHQYDVR0OBBYEFB\
    11+/kd1Hlk4Dk9oqBPoIwI5zHSMB8GA1UdIwQYMBaAFB11+/kd1Hlk4Dk9oqBPoIwI5zHSMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID\
    RwAwRAIgN+Shl+FxVWhZyR5q80k4XVC9ePnKWHL0TXwFOdp+hfwCIGRMBpkFa3AV8zqwYYnFdHNJ0O64WG8jQJr7WhDHbopD";

/// All optional providers, each with all that it can give; `db` and `ingress` exclude others and are left out, and `tracing` needs
/// [`stage::remote::Tempo`].
#[must_use]
pub fn optional() -> [Scripted; 7] {
    [
        saml(),
        oauth_with_secret(),
        smtp_with_password(),
        s3_with_keys(),
        metrics_endpoint(),
        grafana_dashboard(),
        logging(),
    ]
}

/// An identity provider for SAML.
#[must_use]
pub fn saml() -> Scripted {
    Scripted::new("saml-integrator", "saml", "saml")
        .app("entity_id", "https://login.example.com")
        .app("x509certs", CERTIFICATE)
        .app("single_sign_on_service_redirect_url", "https://login.example.com/saml/")
        .app("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect")
}

/// An identity provider for OIDC that has not yet given the client its secret.
#[must_use]
pub fn oauth() -> Scripted {
    Scripted::new("hydra", "oauth", "oauth")
        .app("issuer_url", "https://iam.example.com/hydra")
        .app("client_id", "forum")
}

/// An identity provider for OIDC that has registered the client.
#[must_use]
pub fn oauth_with_secret() -> Scripted {
    oauth().secret("client_secret_id", &[("secret", "of the client")])
}

/// A mail server that has not yet given its password.
#[must_use]
pub fn smtp() -> Scripted {
    Scripted::new("smtp-integrator", "smtp", "smtp")
        .app("host", "mail.example.com")
        .app("port", "465")
        .app("auth_type", "plain")
        .app("transport_security", "tls")
        .app("skip_ssl_verify", "False")
        .app("user", "forum")
}

/// A mail server with everything that a login needs.
#[must_use]
pub fn smtp_with_password() -> Scripted {
    smtp().secret("password_id", &[("password", "of the forum")])
}

/// An object storage that has not yet given its keys.
#[must_use]
pub fn s3() -> Scripted {
    Scripted::new("s3-integrator", "s3", "s3")
        .app("bucket", "uploads")
        .app("region", "eu-west-3")
        .app("lib-version", "1.0")
}

/// An object storage with everything that an upload needs.
#[must_use]
pub fn s3_with_keys() -> Scripted {
    s3().secret("secret-extra", &[("access-key", "id"), ("secret-key", "of the storage")])
}

/// A Prometheus that scrapes nothing.
#[must_use]
pub fn metrics_endpoint() -> Scripted {
    Scripted::new("prometheus-k8s", "metrics-endpoint", "prometheus_scrape")
}

/// A Grafana that shows nothing.
#[must_use]
pub fn grafana_dashboard() -> Scripted {
    Scripted::new("grafana-k8s", "grafana-dashboard", "grafana_dashboard")
}

/// A Loki at an address where nothing listens; [`stage::remote::Loki`] records what is pushed to it.
#[must_use]
pub fn logging() -> Scripted {
    let endpoint = json!({"url": "http://192.0.2.1:9/loki/api/v1/push"});
    Scripted::new("loki-k8s", "logging", "loki_push_api").unit("endpoint", &endpoint.to_string())
}

/// A Tempo that announces this address as its receiver; [`stage::remote::Tempo`] records what is posted to it.
#[must_use]
pub fn tracing(url: &str) -> Scripted {
    let receivers = json!([{"protocol": {"name": "otlp_http", "type": "http"}, "url": url}]);
    Scripted::new("tempo-k8s", "tracing", "tracing").app("receivers", &receivers.to_string())
}

/// An ingress for the whole application that publishes this URL.
#[must_use]
pub fn ingress(url: &str) -> Scripted {
    Scripted::new("traefik-k8s", "ingress", "ingress").app("ingress", &json!({"url": url}).to_string())
}

/// An ingress that only reads what it is asked for.
#[must_use]
pub fn nginx_route() -> Scripted {
    Scripted::new("nginx-ingress-integrator", "nginx-route", "nginx-route")
}
