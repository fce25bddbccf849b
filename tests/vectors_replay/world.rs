//! The servers behind the hosts that a vector names.

use std::{
    collections::BTreeSet,
    error::Error,
    net::{IpAddr, Ipv4Addr, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use clock::Clock;
use stage::{
    remote::Cluster,
    sandbox::{Sandbox, run},
};

use super::{
    before::Before,
    recording::{Bag, Recording},
};

/// Where Redis listens.
const REDIS_PORT: u16 = 6379;
/// Extensions that the operator has switched on.
const EXTENSIONS: &str = "CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent;";

/// PostgreSQL and Redis at every address of the play's own network.
pub struct World {
    postgresql: Arc<Cluster>,
    redis: Child,
}

impl World {
    /// Starts both, with the database and role of the vector, and gives every host that it names an address.
    ///
    /// # Errors
    /// One of them is not installed or does not start, or a host has an address that this machine cannot have.
    pub fn start(recording: &Recording, sandbox: &Sandbox) -> Result<Self, Box<dyn Error>> {
        let world = Self { postgresql: Cluster::shared()?, redis: start_redis()? };
        if let Some(database) = Before::of(recording).map(|before| before.database).or_else(|| recording.credentials())
        {
            world.add_tenant(&database)?;
        }
        let address = sandbox.address()?;
        for host in hosts(recording) {
            match host.parse::<IpAddr>() {
                Ok(own) => drop(run(Command::new("ip").args(["address", "add", &own.to_string(), "dev", "lo"]), "")?),
                Err(_) => sandbox.name(&host, address)?,
            }
        }
        Ok(world)
    }

    /// Gives the servers the passwords of the vector, once the state before it has been played.
    ///
    /// # Errors
    /// A server refuses.
    pub fn keep_up_with(&self, recording: &Recording) -> Result<(), Box<dyn Error>> {
        if let Some(bag) = recording.credentials() {
            let (username, password) = (text(&bag, "username"), text(&bag, "password"));
            self.postgresql.query("postgres", &format!("ALTER ROLE \"{username}\" PASSWORD '{password}';"))?;
        }
        if recording.exit_code("users:exists[") == Some(1) {
            self.postgresql.query("discourse", "ALTER TABLE users RENAME TO lost;")?;
        }
        let offered = recording.relation("redis").map(|relation| relation.remote_units_data.values());
        if let Some(password) = offered.into_iter().flatten().find_map(|bag| bag.get("password")) {
            run(Command::new("redis-cli").args(["-e", "CONFIG", "SET", "requirepass", password]), "")?;
        }
        Ok(())
    }

    fn add_tenant(&self, bag: &Bag) -> Result<(), Box<dyn Error>> {
        let (database, username, password) = (text(bag, "database"), text(bag, "username"), text(bag, "password"));
        self.postgresql.query("postgres", &format!("CREATE ROLE \"{username}\" LOGIN PASSWORD '{password}';"))?;
        self.postgresql.query("postgres", &format!("CREATE DATABASE \"{database}\" OWNER \"{username}\";"))?;
        self.postgresql.query(database, EXTENSIONS)?;
        Ok(())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It ends with the sandbox at the latest.
        let _ = self.redis.kill();
    }
}

fn start_redis() -> Result<Child, Box<dyn Error>> {
    let redis = Command::new("redis-server")
        .args(["--port", &REDIS_PORT.to_string(), "--bind", "0.0.0.0", "--protected-mode", "no", "--save", ""])
        .stdout(Stdio::null())
        .spawn()?;
    for _ in 0..500 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, REDIS_PORT)).is_ok() {
            return Ok(redis);
        }
        Clock::real().pause(Duration::from_millis(10));
    }
    Err("redis-server does not answer".into())
}

fn text<'a>(bag: &'a Bag, key: &str) -> &'a str {
    bag.get(key).map_or("", String::as_str)
}

/// Every host of a database or Redis that the vector or the world before it names.
fn hosts(recording: &Recording) -> BTreeSet<String> {
    let before = Before::of(recording);
    let bags = |endpoint: &str| {
        let relation = recording.relation(endpoint);
        relation.into_iter().flat_map(|relation| relation.remote_units_data.values().chain([&relation.remote_app_data]))
    };
    let databases = bags("database").chain(before.iter().map(|before| &before.database));
    let redis = bags("redis").chain(before.iter().map(|before| &before.redis));
    let primaries = databases.filter_map(|bag| bag.get("endpoints")).flat_map(|text| text.split(','));
    let primaries = primaries.filter_map(|entry| Some(entry.rsplit_once(':')?.0.to_owned()));
    let leaders = redis.flat_map(|bag| [bag.get("leader-host"), bag.get("hostname")]).flatten().cloned();
    primaries.chain(leaders).filter(|host| !host.is_empty() && host != "None").collect()
}
