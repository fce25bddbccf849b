//! The socket that the charm takes for Pebble's.

use super::{
    relay::Relay,
    requests::{Fault, Requests},
};
use std::{
    collections::BTreeMap,
    fs, io,
    net::Shutdown,
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// A socket that answers, refuses or is absent, as Pebble's own does and as faults say.
#[derive(Debug)]
pub(super) struct Proxy {
    shown: PathBuf,
    pebble: PathBuf,
    requests: Requests,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_up: bool,
    listening: Option<Listening>,
}

/// A thread that accepts connections, and all that it accepted.
#[derive(Debug)]
struct Listening {
    has_ended: Arc<AtomicBool>,
    connections: Arc<Connections>,
    thread: JoinHandle<()>,
}

/// Both ends of the connections that are open.
#[derive(Debug, Default)]
struct Connections(Mutex<BTreeMap<usize, [UnixStream; 2]>>);

impl Proxy {
    pub(super) fn new(shown: PathBuf, pebble: PathBuf, requests: Requests) -> Self {
        Self { shown, pebble, requests, state: Mutex::default() }
    }

    /// Says whether Pebble is there.
    pub(super) fn set_up(&self, is_up: bool) {
        self.lock().is_up = is_up;
        self.refresh();
    }

    /// Makes the socket what Pebble and the faults want it to be.
    pub(super) fn refresh(&self) {
        let mut state = self.lock();
        let fault = self.requests.fault();
        let is_open = state.is_up && !matches!(fault, Some(Fault::Refused | Fault::Gone));
        if is_open && state.listening.is_some() {
            return;
        }
        if let Some(listening) = state.listening.take() {
            listening.end(&self.shown);
        }
        // What cannot be shown is absent, which the charm then reports.
        let _ = fs::remove_file(&self.shown);
        if is_open {
            state.listening = self.listen().ok();
        } else if fault == Some(Fault::Refused) || (fault.is_none() && self.pebble.exists()) {
            drop(self.bind());
        }
    }

    fn bind(&self) -> io::Result<UnixListener> {
        let listener = UnixListener::bind(&self.shown)?;
        fs::set_permissions(&self.shown, fs::Permissions::from_mode(0o666))?;
        Ok(listener)
    }

    fn listen(&self) -> io::Result<Listening> {
        let listener = self.bind()?;
        let has_ended = Arc::new(AtomicBool::new(false));
        let connections = Arc::<Connections>::default();
        let (pebble, requests) = (self.pebble.clone(), self.requests.clone());
        let (ended, accepted) = (Arc::clone(&has_ended), Arc::clone(&connections));
        let thread = thread::spawn(move || {
            for (number, charm) in listener.incoming().enumerate() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                // A connection that Pebble does not take ends at once.
                if let (Ok(charm), Ok(pebble)) = (charm, UnixStream::connect(&pebble)) {
                    accepted.serve(number, charm, pebble, requests.clone());
                }
            }
        });
        Ok(Listening { has_ended, connections, thread })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    fn serve(self: &Arc<Self>, number: usize, charm: UnixStream, pebble: UnixStream, requests: Requests) {
        let (Ok(one), Ok(other)) = (charm.try_clone(), pebble.try_clone()) else { return };
        self.lock().insert(number, [one, other]);
        let all = Arc::clone(self);
        thread::spawn(move || {
            Relay::new(charm, pebble, requests).run();
            all.lock().remove(&number);
        });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, [UnixStream; 2]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listening {
    /// Ends all connections and returns when nothing listens any more.
    fn end(self, shown: &PathBuf) {
        self.has_ended.store(true, Ordering::SeqCst);
        // Wakes the thread, which looks at the flag.
        let woken = UnixStream::connect(shown);
        for stream in self.connections.lock().values().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if woken.is_ok() {
            let _ = self.thread.join();
        }
    }
}
