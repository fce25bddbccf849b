//! What the peer relation and the application's status say of all units.

use crate::{
    decision::Because,
    discourse::secret_key,
    fleet::{BARRIER, Barrier, Fleet, STATUS},
    journal::Journal,
    relations::{Databag, Write, restart::Memory},
    secret::Secret,
    status::{Kind, Status},
    world::World,
};

use super::{Understanding, databags::image};

/// The changes of our databags in the peer relation.
pub(super) fn writes(world: &World, fleet: &Fleet, memory: &Memory, status: &Status, own: &Databag) -> [Write; 2] {
    let shown = application(world, fleet, status).map(|status| line(&status));
    let shown = shown.filter(|text| fleet.status.as_ref() != Some(text)).map(|text| (STATUS.to_owned(), text));
    let turns = fleet.turn_changes(memory.asks);
    let barrier = barrier(world, fleet, memory).map(|barrier| (BARRIER.to_owned(), barrier.text()));
    [
        Write::unit(memory.changes(own), "peers and the next hook rely on it"),
        Write::app(turns.into_iter().chain(barrier).chain(shown).collect(), "all units act on it"),
    ]
}

/// The secret key of the server, if no secret of the application holds it yet.
pub(super) fn secret_key(world: &World, journal: &Journal, known: &Understanding) -> Option<Because<(u32, Secret)>> {
    let relation = world.peers()?.id;
    let key = known.environment.get(secret_key::VARIABLE);
    let is_due = world.is_leader && !journal.has_job() && known.fleet.secret_key.is_none() && !key.is_empty();
    Because::when(is_due, (relation, Secret::from(key.to_owned())), "sessions must survive the loss of Redis")
}

/// The barrier of our image, once every unit runs it and nothing but destructive migrations is left of it, or the database is empty.
fn barrier(world: &World, fleet: &Fleet, memory: &Memory) -> Option<Barrier> {
    let image = image(world)?;
    let is_left = memory.phase().is_some() && fleet.all_run(&image.revision);
    let is_first = world.has_empty_database() && fleet.runs_no_other(&image.revision);
    let is_due = (is_left || is_first) && !fleet.has_barrier(&image.revision);
    is_due.then(|| Barrier::before(image, fleet.barrier.as_ref()))
}

/// The status of the application, if it is another one than the leader has set.
///
/// *Empty*: for one unit Juju shows that unit's, unless another one was set before.
pub(super) fn application_status(
    world: &World,
    journal: &Journal,
    fleet: &Fleet,
    own: &Status,
) -> Option<Because<Status>> {
    let status = application(world, fleet, own)?;
    let is_new = world.is_upgraded || fleet.status.as_ref() != Some(&line(&status));
    Because::when(world.is_leader && !journal.has_job() && is_new, status, "the units have another status")
}

/// The worst status of all units, and how many serve.
fn application(world: &World, fleet: &Fleet, own: &Status) -> Option<Status> {
    if fleet.peers.is_empty() && fleet.status.is_none() && !fleet.has_grants() {
        return None;
    }
    let staying = fleet.peers.iter().filter(|(_, peer)| !peer.memory.is_leaving);
    let mut units: Vec<(u32, Status)> =
        staying.map(|(number, peer)| (*number, parse(peer.memory.status.as_deref()))).collect();
    units.push((fleet.own, own.clone()));
    units.sort_by_key(|(number, status)| (status.kind, *number));
    let serving = units.iter().filter(|(_, status)| status.kind == Kind::Active).count();
    let (number, worst) = units.first()?;
    if worst.kind == Kind::Active || units.len() == 1 {
        return Some(worst.clone());
    }
    let unit = format!("{}/{number}", world.unit.application);
    let text = format!("{serving} of {} units serve; {unit}: {}", units.len(), worst.message);
    Some(Status::new(worst.kind, text))
}

/// A status in a databag: its kind, a space, its message.
pub(super) fn line(status: &Status) -> String {
    format!("{} {}", status.kind.word(), status.message)
}

/// The status in a databag; a unit that says nothing has not run a hook of this revision yet.
fn parse(text: Option<&str>) -> Status {
    let (word, message) = text.and_then(|text| text.split_once(' ')).unwrap_or(("waiting", "it has not reported yet"));
    let kind = Kind::of(word).unwrap_or(Kind::Waiting);
    Status::new(kind, message)
}
