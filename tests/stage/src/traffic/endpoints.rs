//! The pods that a Service lists.

use super::report::Change;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The list, and how it has changed.
#[derive(Debug)]
pub(super) struct Endpoints {
    began: Instant,
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    pods: BTreeMap<IpAddr, String>,
    changes: Vec<Change>,
    /// How many requests went to some pod.
    turns: usize,
    is_over: bool,
}

impl Endpoints {
    pub fn new() -> Self {
        Self { began: Instant::now(), list: Mutex::default() }
    }

    /// Real time since the Service is there.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Lists a pod, or lists it no longer.
    pub fn set(&self, pod: IpAddr, unit: &str, is_listed: bool) {
        let (at, mut list) = (self.now(), self.list());
        if list.pods.contains_key(&pod) == is_listed {
            return;
        }
        if is_listed {
            list.pods.insert(pod, unit.to_owned());
        } else {
            list.pods.remove(&pod);
        }
        let listed = list.pods.len();
        list.changes.push(Change { at, unit: unit.to_owned(), is_listed, listed });
    }

    /// Whether a pod was ever listed.
    pub fn has_begun(&self) -> bool {
        !self.list().changes.is_empty()
    }

    /// The pod for the next request; each has its turn.
    pub fn next(&self) -> Option<(IpAddr, String)> {
        let mut list = self.list();
        list.turns = list.turns.wrapping_add(1);
        let turn = list.turns.checked_rem(list.pods.len())?;
        list.pods.iter().nth(turn).map(|(pod, unit)| (*pod, unit.clone()))
    }

    /// Whether a pod is listed.
    ///
    /// *Empty*: the Service is gone.
    pub fn lists(&self, pod: IpAddr) -> Option<bool> {
        let list = self.list();
        (!list.is_over).then(|| list.pods.contains_key(&pod))
    }

    /// Nobody lists pods any more.
    pub fn end(&self) {
        self.list().is_over = true;
    }

    /// All changes so far, and how long no pod was listed after the first one.
    pub fn history(&self) -> (Vec<Change>, Duration) {
        let (now, changes) = (self.now(), self.list().changes.clone());
        let ends = changes.iter().skip(1).map(|change| change.at).chain([now]);
        let empty = changes.iter().zip(ends).filter(|(change, _)| change.listed == 0);
        let without_pod = empty.map(|(change, end)| end.saturating_sub(change.at)).sum();
        (changes, without_pod)
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoints;
    use std::{net::IpAddr, time::Duration};

    #[test]
    fn each_listed_pod_has_its_turn() {
        let endpoints = Endpoints::new();
        let pods = [1, 2].map(|host| IpAddr::from([10, 0, 0, host]));
        assert_eq!(endpoints.next(), None);
        for pod in pods {
            endpoints.set(pod, "forum/0", true);
        }
        let turns: Vec<IpAddr> = (0..4).filter_map(|_| endpoints.next()).map(|(pod, _)| pod).collect();
        assert_eq!([turns[0], turns[1]], [turns[2], turns[3]]);
        assert_ne!(turns[0], turns[1]);
    }

    #[test]
    fn time_without_a_pod_counts_from_the_first_one_on() {
        let endpoints = Endpoints::new();
        let pod = IpAddr::from([10, 0, 0, 1]);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(endpoints.history().1, Duration::ZERO);
        endpoints.set(pod, "forum/0", true);
        endpoints.set(pod, "forum/0", false);
        std::thread::sleep(Duration::from_millis(20));
        endpoints.set(pod, "forum/0", true);
        let (changes, without_pod) = endpoints.history();
        assert_eq!(changes.iter().map(|change| change.listed).collect::<Vec<_>>(), [1, 0, 1]);
        assert_eq!(changes[1].at + without_pod, changes[2].at);
    }
}
