//! The one clock of the stand-ins: real, scaled, or driven by a test.
//!
//! Whoever plays a part of Juju or Pebble here asks this clock for the time, sleeps on it and sets deadlines with it, and does
//! so nowhere else. A scale of 0.1 makes every nominal second last a tenth of a real one: start delays, back-off, kill
//! delays, periods and timeouts shrink alike, and time stamps stay real. On a clock that is driven nothing takes any time: it
//! stands still until somebody waits.

mod drive;

pub use drive::{Drive, Follower};

use std::{
    fmt,
    future::Future,
    str::FromStr,
    time::{Duration, Instant, SystemTime},
};

/// How long a nominal second lasts, and the only way to wait.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Pace);

#[derive(Debug, Clone, Copy)]
enum Pace {
    Scaled(f64),
    /// That of a runtime whose clock is paused.
    Runtime {
        began: Instant,
        wall: SystemTime,
    },
    Driven(&'static Drive),
}

/// A scale that is not a number above 0 and at most 1000.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleError(String);

/// The deadline has passed before the work was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

impl Clock {
    /// A clock on which a second is a second.
    #[must_use]
    pub const fn real() -> Self {
        Self(Pace::Scaled(1.0))
    }

    /// A clock that waits by driving.
    #[must_use]
    pub const fn driven(drive: &'static Drive) -> Self {
        Self(Pace::Driven(drive))
    }

    /// The clock of the paused runtime that this is called in, at a time of day.
    #[must_use]
    pub fn of_runtime(wall: SystemTime) -> Self {
        Self(Pace::Runtime { began: tokio::time::Instant::now().into_std(), wall })
    }

    /// Who drives it, if anybody does.
    #[must_use]
    pub fn drive(&self) -> Option<&'static Drive> {
        match self.0 {
            Pace::Driven(drive) => Some(drive),
            Pace::Scaled(_) | Pace::Runtime { .. } => None,
        }
    }

    /// Whether durations are used as they are.
    #[must_use]
    pub fn is_real(&self) -> bool {
        (self.scale() - 1.0).abs() < f64::EPSILON
    }

    fn scale(&self) -> f64 {
        match self.0 {
            Pace::Scaled(scale) => scale,
            Pace::Runtime { .. } | Pace::Driven(_) => 1.0,
        }
    }

    /// The real duration of a nominal one.
    #[must_use]
    pub fn scaled(&self, nominal: Duration) -> Duration {
        if self.is_real() { nominal } else { nominal.mul_f64(self.scale()) }
    }

    /// The nominal duration of a real one.
    #[must_use]
    pub fn nominal(&self, real: Duration) -> Duration {
        if self.is_real() { real } else { real.div_f64(self.scale()) }
    }

    /// A point of the monotonic clock, for measuring; not scaled.
    #[must_use]
    pub fn now(&self) -> Instant {
        match self.0 {
            Pace::Scaled(_) => Instant::now(),
            Pace::Runtime { .. } => tokio::time::Instant::now().into_std(),
            Pace::Driven(drive) => drive.now(),
        }
    }

    /// The time of day, for time stamps; not scaled.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        match self.0 {
            Pace::Scaled(_) => SystemTime::now(),
            Pace::Runtime { began, wall } => wall + (self.now() - began),
            Pace::Driven(drive) => drive.wall(),
        }
    }

    /// Nominal time since `start`.
    #[must_use]
    pub fn since(&self, start: Instant) -> Duration {
        self.nominal(self.now().saturating_duration_since(start))
    }

    /// Waits for a nominal duration.
    pub async fn sleep(&self, nominal: Duration) {
        tokio::time::sleep(self.scaled(nominal)).await;
    }

    /// Waits for a nominal duration in a thread that has no runtime.
    pub fn pause(&self, nominal: Duration) {
        match self.0 {
            Pace::Driven(drive) => drive.pass(nominal),
            Pace::Scaled(_) | Pace::Runtime { .. } => std::thread::sleep(self.scaled(nominal)),
        }
    }

    /// Does `work` within a nominal duration.
    ///
    /// # Errors
    /// [`Elapsed`] if the time is over first; the work is dropped.
    pub async fn within<F: Future>(&self, nominal: Duration, work: F) -> Result<F::Output, Elapsed> {
        tokio::time::timeout(self.scaled(nominal), work).await.map_err(|_| Elapsed)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

impl FromStr for Clock {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<f64>() {
            Ok(scale) if scale > 0.0 && scale <= 1000.0 => Ok(Self(Pace::Scaled(scale))),
            _ => Err(ScaleError(text.to_owned())),
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.scale())
    }
}

impl fmt::Display for ScaleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "time scale {:?} is not a number above 0 and at most 1000", self.0)
    }
}

impl std::error::Error for ScaleError {}

impl fmt::Display for Elapsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the deadline has passed")
    }
}

impl std::error::Error for Elapsed {}

#[cfg(test)]
mod tests {
    use super::{Clock, Drive};
    use std::time::Duration;

    #[test]
    fn a_scale_of_a_tenth_makes_ten_seconds_last_one() {
        let clock: Clock = "0.1".parse().unwrap_or_default();
        assert_eq!(clock.scaled(Duration::from_secs(10)), Duration::from_secs(1));
        assert_eq!(clock.nominal(Duration::from_secs(1)), Duration::from_secs(10));
    }

    #[test]
    fn a_scale_that_stops_or_reverses_time_is_refused() {
        for text in ["0", "-1", "NaN", "inf", "fast", ""] {
            assert!(text.parse::<Clock>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_driven_clock_waits_an_hour_at_once() {
        let clock = Clock::driven(Drive::leaked());
        let (began, wall) = (clock.now(), clock.wall());
        clock.pause(Duration::from_hours(1));
        assert_eq!(clock.since(began), Duration::from_hours(1));
        assert_eq!(clock.wall(), wall + Duration::from_hours(1));
    }
}
