//! What is written at every endpoint, and by whom.

use crate::draw::Kind;

/// An endpoint and what its other side may write.
pub struct Endpoint {
    /// Its name.
    pub name: &'static str,
    /// Which forums have it.
    pub world: World,
    /// Whether the forum cannot serve without it.
    pub is_required: bool,
    /// Keys of the application's databag.
    pub app: &'static [&'static str],
    /// Keys of the unit's databag.
    pub unit: &'static [&'static str],
    /// Keys of the application's databag that name secrets, each with the keys of its content.
    pub secrets: &'static [(&'static str, &'static [&'static str])],
}

/// The two forums, which together have every relation and every option that excludes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum World {
    /// Every relation but `db` and `ingress`.
    Related,
    /// `db`, `ingress`, and options in place of `smtp` and `s3`.
    Configured,
    /// Only in [`ENDPOINTS`]: the endpoint is in both.
    Both,
}

const fn endpoint(name: &'static str, world: World) -> Endpoint {
    Endpoint { name, world, is_required: false, app: &[], unit: &[], secrets: &[] }
}

/// Every endpoint, the peers apart.
pub const ENDPOINTS: [Endpoint; 13] = [
    Endpoint {
        is_required: true,
        app: &["database", "endpoints", "username", "password", "subordinated", "secret-user", "secret-tls"],
        unit: &["state"],
        secrets: &[("secret-user", &["username", "password", "uris"]), ("secret-tls", &["tls", "tls-ca"])],
        ..endpoint("database", World::Related)
    },
    Endpoint {
        is_required: true,
        app: &["master", "database", "extensions", "roles", "allowed-subnets", "allowed-units"],
        unit: &["master", "database", "extensions", "roles", "allowed-subnets", "allowed-units", "state"],
        ..endpoint("db", World::Configured)
    },
    Endpoint {
        is_required: true,
        app: &["leader-host", "password"],
        unit: &["hostname", "port", "password"],
        ..endpoint("redis", World::Both)
    },
    Endpoint { app: &["ingress-status"], unit: &["ingress-status"], ..endpoint("nginx-route", World::Related) },
    Endpoint { app: &["ingress"], unit: &["ingress"], ..endpoint("ingress", World::Configured) },
    Endpoint {
        app: &[
            "entity_id",
            "x509certs",
            "single_sign_on_service_redirect_url",
            "single_sign_on_service_redirect_binding",
            "single_sign_on_service_post_url",
            "single_sign_on_service_post_binding",
            "single_logout_service_redirect_url",
            "single_logout_service_redirect_binding",
        ],
        ..endpoint("saml", World::Both)
    },
    Endpoint {
        app: &["issuer_url", "client_id", "client_secret", "client_secret_id", "ca_chain"],
        secrets: &[("client_secret_id", &["secret"])],
        ..endpoint("oauth", World::Both)
    },
    Endpoint {
        app: &[
            "host",
            "port",
            "user",
            "password",
            "password_id",
            "auth_type",
            "transport_security",
            "domain",
            "skip_ssl_verify",
        ],
        secrets: &[("password_id", &["password"])],
        ..endpoint("smtp", World::Related)
    },
    Endpoint {
        app: &[
            "access-key",
            "secret-key",
            "secret-extra",
            "bucket",
            "region",
            "endpoint",
            "path",
            "s3-uri-style",
            "storage-class",
            "tls-ca-chain",
        ],
        secrets: &[("secret-extra", &["access-key", "secret-key"])],
        ..endpoint("s3", World::Related)
    },
    Endpoint { app: &["event"], unit: &["endpoint"], ..endpoint("logging", World::Both) },
    Endpoint { app: &["event"], unit: &["event"], ..endpoint("metrics-endpoint", World::Both) },
    Endpoint { app: &["event"], unit: &["event"], ..endpoint("grafana-dashboard", World::Both) },
    Endpoint { app: &["receivers"], unit: &["receivers"], ..endpoint("tracing", World::Both) },
];

/// Keys of databags and options whose values are credentials, and those of every secret.
const CREDENTIALS: [&str; 11] = [
    "access-key",
    "access-key-id",
    "client_secret",
    "master",
    "password",
    "s3_access_key_id",
    "s3_secret_access_key",
    "secret",
    "secret-access-key",
    "secret-key",
    "smtp_password",
];

/// Required keys that name a host, or a port.
const HOSTS: [&str; 4] = ["endpoints", "hostname", "leader-host", "port"];

/// The endpoints of a world.
pub fn endpoints_of(world: World) -> Vec<&'static Endpoint> {
    ENDPOINTS.iter().filter(|endpoint| endpoint.world == world || endpoint.world == World::Both).collect()
}

/// The endpoint of this name.
pub fn endpoint_named(name: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.name == name)
}

/// Whether a key of a relation holds a credential.
pub fn kind_of(key: &str) -> Kind {
    if CREDENTIALS.contains(&key) { Kind::Secret } else { Kind::Remote }
}

/// Whether a key names a host or a port.
pub fn is_host(key: &str) -> bool {
    HOSTS.contains(&key)
}
