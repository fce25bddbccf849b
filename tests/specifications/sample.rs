//! Which of many points are played: a sample by a seed, which is another one each day, or all.

use std::{
    env,
    io::{Write, stderr},
    time::{SystemTime, UNIX_EPOCH},
};

const DAY: u64 = 24 * 60 * 60;

/// The seed of a sample, which is told with the test that plays it.
///
/// *Empty*: all points are played.
pub fn seed(sample: &str, test: &str) -> Option<u64> {
    if env::var_os("STAGE_ALL_KILLS").is_some() {
        return None;
    }
    let today = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / DAY;
    let seed = env::var("STAGE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(today);
    // Past the test's own output, which is shown only if it fails.
    writeln!(stderr(), "{sample}; again by STAGE_SEED={seed} tests/check {test}").unwrap();
    Some(seed)
}
