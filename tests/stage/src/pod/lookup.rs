//! How programs in a pod find hosts.

use std::{fs, io, path::Path};

/// The list of all names, in the pod's folder.
pub(super) const HOSTS: &str = "hosts";
const RESOLVER: &str = "resolv.conf";

/// What programs read, in the pod's folder and where they look for it.
pub(super) const FILES: [(&str, &str); 2] = [(HOSTS, "/etc/hosts"), (RESOLVER, "/etc/resolv.conf")];

/// Writes whom programs ask for a name that is in no list: nobody listens there, so they hear at once that there is none.
///
/// *Source*: Kubernetes, "DNS for Services and Pods", but for the address.
pub(super) fn write(pod: &Path, model: &str) -> io::Result<()> {
    let text = format!(
        "search {model}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 127.0.0.53\noptions ndots:5\n"
    );
    fs::write(pod.join(RESOLVER), text)
}
