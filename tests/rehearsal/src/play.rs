//! All steps of the rehearsal, one after the other.

use std::io::{self, Write};

use clock::Clock;
use stage::play::chain;

use crate::{
    budget,
    life::{Life, Sources, StepError},
    screen::{self, Table},
    script::{STEPS, Step},
};

/// Plays all steps; ends at the first that does not end as expected.
pub fn play(sources: Sources, clock: Clock, is_stepwise: bool) -> bool {
    let mut life = match Life::new(sources, clock) {
        Ok(life) => life,
        Err(error) => {
            println!("{}", chain(&StepError::from(error)));
            return false;
        }
    };
    let mut table = Table::default();
    let is_as_expected = (1..).zip(&STEPS).all(|(number, step)| {
        wait_for_enter(is_stepwise);
        play_step(&mut life, &mut table, number, step)
    });
    table.show(budget::cost(life.stage.runs()));
    is_as_expected
}

/// Plays one step; tells whether it ended as expected.
fn play_step(life: &mut Life, table: &mut Table, number: usize, step: &Step) -> bool {
    screen::announce(number, step.title);
    life.runs.clear();
    let outcome = (step.play)(life);
    table.add(step.title, life.cost());
    if let Err(error) = &outcome {
        println!("    NOT AS EXPECTED: {}", chain(&error));
    }
    outcome.is_ok()
}

fn wait_for_enter(is_stepwise: bool) {
    if is_stepwise {
        print!("\nEnter goes on ");
        let _ = io::stdout().flush();
        let _ = io::stdin().read_line(&mut String::new());
    }
}
