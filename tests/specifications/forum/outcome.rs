//! What some hooks have led to, as one value that specifications compare whole.

use stage::HookRun;

/// What `juju status` shows of the first unit if it serves with its default options.
pub const ACTIVE: &str = "active: uploads are lost with the pod: set s3_enabled; \
                          and 1 more warning: juju run discourse-k8s/0 explain";

/// The command that sets up or migrates the database.
pub const MIGRATE: &str = "bin/rake charm:migrate";

/// What some hooks have led to on the first unit, and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The unit's status as one line.
    pub status: String,
    /// Whether the unit's pod is ready.
    pub is_ready: bool,
    /// The hooks that failed, by name.
    pub failed_hooks: Vec<String>,
    /// The commands that booted Rails; starts of services apart.
    pub rails_boots: Vec<String>,
    /// How often the server was started.
    pub server_starts: usize,
    /// The requests to Pebble that changed something.
    ///
    /// *Empty*: also where Rails was booted or the server started, since either takes a whole series of requests.
    pub posts: Vec<String>,
}

impl Outcome {
    /// A ready unit with this status, after hooks that changed nothing in the workload.
    pub fn unchanged(status: &str) -> Self {
        Self {
            status: status.to_owned(),
            is_ready: true,
            failed_hooks: Vec::new(),
            rails_boots: Vec::new(),
            server_starts: 0,
            posts: Vec::new(),
        }
    }

    /// A unit with this status whose pod is not ready, after hooks that changed nothing in the workload.
    pub fn unready(status: &str) -> Self {
        Self { is_ready: false, ..Self::unchanged(status) }
    }

    /// A unit that serves, after hooks that changed nothing in the workload.
    pub fn active() -> Self {
        Self::unchanged(ACTIVE)
    }

    /// A unit that serves, after one start of the server.
    pub fn restarted() -> Self {
        Self { server_starts: 1, ..Self::active() }
    }

    /// A unit that serves, after one migration of the database and one start of the server.
    pub fn migrated() -> Self {
        Self { rails_boots: vec![MIGRATE.to_owned()], ..Self::restarted() }
    }

    /// The status begins like this, the pod is ready, and the hooks changed nothing in the workload.
    #[track_caller]
    pub fn assert_unchanged(&self, status: &str) {
        assert!(self.status.starts_with(status), "the status is not {status:?}... but {:?}", self.status);
        assert_eq!(*self, Self::unchanged(&self.status));
    }

    /// The same with these requests to Pebble.
    pub fn posts(self, posts: &[&str]) -> Self {
        Self { posts: posts.iter().map(|&post| post.to_owned()).collect(), ..self }
    }

    /// The same, whatever was requested of Pebble: what it takes to stop the server or open the gate depends on their timing.
    pub fn without_posts(self) -> Self {
        Self { posts: Vec::new(), ..self }
    }

    /// What these hooks have led to on a unit that now looks like this.
    pub fn of(runs: &[HookRun], status: String, is_ready: bool) -> Self {
        let failed = runs.iter().filter(|run| !run.is_success());
        let (rails_boots, server_starts) = (rails_boots(runs), server_starts(runs));
        let is_series = server_starts > 0 || !rails_boots.is_empty();
        Self {
            status,
            is_ready,
            failed_hooks: failed.map(|run| run.hook.clone()).collect(),
            rails_boots,
            server_starts,
            posts: if is_series { Vec::new() } else { posts(runs) },
        }
    }
}

/// The names of the hooks, in their order.
pub fn names(runs: &[HookRun]) -> Vec<&str> {
    runs.iter().map(|run| run.hook.as_str()).collect()
}

/// The commands with which some hooks booted Rails; starts of services apart.
pub fn rails_boots(runs: &[HookRun]) -> Vec<String> {
    let boots = runs.iter().flat_map(|run| &run.boots).map(|boot| boot.argv.join(" "));
    boots.filter(|argv| !argv.contains("unicorn") && !argv.contains("sidekiq")).collect()
}

/// How often some hooks started the server.
pub fn server_starts(runs: &[HookRun]) -> usize {
    runs.iter().flat_map(|run| &run.boots).filter(|boot| boot.argv.join(" ").contains("unicorn")).count()
}

/// The units that started their server, in this order.
pub fn started(runs: &[HookRun]) -> Vec<String> {
    runs.iter().filter(|run| server_starts(std::slice::from_ref(run)) > 0).map(|run| run.unit.clone()).collect()
}

/// The hook tools with which some hooks changed something, without their arguments.
pub fn writes(runs: &[HookRun]) -> Vec<&str> {
    let calls = runs.iter().flat_map(|run| &run.tools).filter(|call| call.is_write());
    calls.filter_map(|call| call.argv.first().map(String::as_str)).collect()
}

/// The requests to Pebble with which some hooks changed something.
fn posts(runs: &[HookRun]) -> Vec<String> {
    let requests = runs.iter().flat_map(|run| &run.requests).filter(|request| request.method != "GET");
    requests.map(|request| format!("{} {}", request.method, request.path)).collect()
}
