//! What a cluster calls the units and the applications of a model.

use crate::model::names::{application_of, pod_of};

/// The name of the service that has no address of its own: it leads to every unit.
pub(crate) fn endpoints(application: &str) -> String {
    format!("{application}-endpoints")
}

/// The name by which others find a unit's pod.
pub(crate) fn unit(unit: &str) -> String {
    format!("{}.{}", pod_of(unit), endpoints(application_of(unit)))
}

/// A name as everybody in the cluster can say it.
pub(crate) fn full(name: &str, model: &str) -> String {
    format!("{name}.{model}.svc.cluster.local")
}

/// A name as pods of the same model, of another one and with the whole domain say it.
pub(super) fn spellings(name: &str, model: &str) -> [String; 4] {
    [name.to_owned(), format!("{name}.{model}"), format!("{name}.{model}.svc"), full(name, model)]
}
