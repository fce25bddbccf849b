//! A case is played: it disturbs a forum, which is asked after every hook; then all is put right, and the forum must be as before.

use std::time::Duration;

use clock::Clock;
use stage::HookEvent;

use crate::{
    case::Case,
    judge::{Judge, recovered},
    life::{Failure, Life, told},
    oracle::Oracle,
};

/// How often the forum is looked at until it must serve, and the pause between. *Units*: real time.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// Plays a case on a forum.
///
/// # Errors
/// What went wrong; the forum is of no use afterwards.
pub fn play(life: &mut Life, case: &Case) -> Result<(), Failure> {
    life.stage.take_runs();
    life.stage.reseed(case.order());
    let mut play = Play { judge: Judge::new(case, Oracle::of(case)), life, removed: Vec::new() };
    play.disturb(case).map_err(|failure| format!("disturbed, {failure}"))?;
    play.restore().map_err(|failure| format!("put right again, {failure}"))?;
    life.cases += 1;
    Ok(())
}

/// A case under way.
pub struct Play<'a> {
    pub life: &'a mut Life,
    pub judge: Judge,
    /// The endpoints whose relations were removed.
    pub removed: Vec<&'static str>,
}

impl Play<'_> {
    fn disturb(&mut self, case: &Case) -> Result<(), Failure> {
        for disturbance in &case.disturbances {
            self.apply(disturbance)?;
            if case.is_slow {
                self.catch_up()?;
            }
        }
        self.catch_up()?;
        self.life.stage.faults().clear();
        self.update_status()?;
        self.await_verdict(|play| play.judge.disturbed(play.life))
    }

    /// Looks again until the verdict is good: a server takes a while to start, and longer on a busy machine.
    fn await_verdict(&mut self, verdict: impl Fn(&Self) -> Result<(), Failure>) -> Result<(), Failure> {
        for _ in 0..LOOKS {
            if verdict(self).is_ok() {
                break;
            }
            Clock::real().pause(PAUSE);
            self.catch_up()?;
        }
        verdict(self)?;
        self.judge.check_boots(self.life)
    }

    /// Hooks until none is due.
    pub fn catch_up(&mut self) -> Result<(), Failure> {
        while let Some(run) = self.life.step()? {
            self.judge.hook(self.life, &run)?;
        }
        Ok(())
    }

    /// A hook that is due for no other reason than that it may be.
    pub fn hook(&mut self, event: &HookEvent) -> Result<(), Failure> {
        let run = self.life.stage.hook(0, event).map_err(|error| told(&error))?;
        self.judge.hook(self.life, &run)
    }

    /// What happens every five minutes, and what follows from it.
    pub fn update_status(&mut self) -> Result<(), Failure> {
        self.hook(&HookEvent::update_status())?;
        self.catch_up()
    }

    fn restore(&mut self) -> Result<(), Failure> {
        self.put_right()?;
        self.catch_up()?;
        self.update_status()?;
        self.await_verdict(|play| recovered(play.life, &play.removed))?;
        if !self.removed.is_empty() {
            self.life.note_usual();
        }
        Ok(())
    }
}
