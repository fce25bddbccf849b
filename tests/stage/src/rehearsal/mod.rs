//! A whole life of the charm, played before an audience.

mod cost;
mod integrations;
mod life;
mod screen;
mod script;
mod visitor;

use std::io::{self, Write};

use clock::Clock;
use cost::Cost;
pub use life::Props;
use life::{Life, Surprise};
use screen::Table;

/// Plays all steps; ends at the first that does not end as expected.
pub fn play(props: Props, clock: Clock, is_stepwise: bool) -> bool {
    let mut life = match Life::new(props, clock) {
        Ok(life) => life,
        Err(error) => {
            println!("{}", Surprise::from(error).story());
            return false;
        }
    };
    let mut table = Table::default();
    let mut surprise = None;
    for (number, step) in (1..).zip(&script::STEPS) {
        wait_for_enter(is_stepwise);
        screen::announce(number, step.title);
        life.runs.clear();
        surprise = (step.play)(&mut life).err();
        table.add(step.title, life.cost());
        if let Some(surprise) = &surprise {
            println!("    NOT AS EXPECTED: {}", surprise.story());
            break;
        }
    }
    table.show(Cost::of(life.stage.runs()));
    surprise.is_none()
}

fn wait_for_enter(is_stepwise: bool) {
    if is_stepwise {
        print!("\nEnter goes on ");
        let _ = io::stdout().flush();
        let _ = io::stdin().read_line(&mut String::new());
    }
}
