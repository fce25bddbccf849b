//! The one clock of the stand-ins: real, or scaled.
//!
//! Whoever plays a part of Juju or Pebble here asks this clock for the time, sleeps on it and sets deadlines with it, and does
//! so nowhere else. A scale of 0.1 makes every nominal second last a tenth of a real one: start delays, back-off, kill
//! delays, periods and timeouts shrink alike, and time stamps stay real.

use std::{
    fmt,
    future::Future,
    str::FromStr,
    time::{Duration, Instant, SystemTime},
};

/// How long a nominal second lasts, and the only way to wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    scale: f64,
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
        Self { scale: 1.0 }
    }

    /// Whether durations are used as they are.
    #[must_use]
    pub fn is_real(&self) -> bool {
        (self.scale - 1.0).abs() < f64::EPSILON
    }

    /// The real duration of a nominal one.
    #[must_use]
    pub fn scaled(&self, nominal: Duration) -> Duration {
        if self.is_real() { nominal } else { nominal.mul_f64(self.scale) }
    }

    /// The nominal duration of a real one.
    #[must_use]
    pub fn nominal(&self, real: Duration) -> Duration {
        if self.is_real() { real } else { real.div_f64(self.scale) }
    }

    /// A point of the monotonic clock, for measuring; real, not scaled.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::now()
    }

    /// The time of day, for time stamps; real, not scaled.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Nominal time since `start`.
    #[must_use]
    pub fn since(&self, start: Instant) -> Duration {
        self.nominal(start.elapsed())
    }

    /// Waits for a nominal duration.
    pub async fn sleep(&self, nominal: Duration) {
        tokio::time::sleep(self.scaled(nominal)).await;
    }

    /// Waits for a nominal duration in a thread that has no runtime.
    pub fn pause(&self, nominal: Duration) {
        std::thread::sleep(self.scaled(nominal));
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
            Ok(scale) if scale > 0.0 && scale <= 1000.0 => Ok(Self { scale }),
            _ => Err(ScaleError(text.to_owned())),
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.scale)
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
    use super::Clock;
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
}
