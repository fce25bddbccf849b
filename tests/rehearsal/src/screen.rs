//! What the rehearsal shows: each step with its hooks as they run, and the table at the end.

use stage::{HookRun, report::Cost};

use crate::budget;

/// The lines of the final table, in the order of the steps.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<(String, Cost)>,
}

/// Announces a step.
pub fn announce(number: usize, title: &str) {
    println!("\n{number:2}. {title}");
}

/// Shows a hook, what it cost and the status that it left.
pub fn show(run: &HookRun) {
    let cost = budget::cost([run]);
    println!(
        "    {:<16} {:<32} {:>3} tools {:>3} requests {} {:>6} ms  {}",
        run.unit,
        run.hook,
        cost.tools,
        cost.requests,
        if cost.boots == 0 { "       ".to_owned() } else { format!("{} boot ", cost.boots) },
        run.wall.as_millis(),
        if run.is_success() { run.after.to_string() } else { format!("FAILED ({})", run.exit) },
    );
    if !run.is_success() {
        run.log.iter().for_each(|line| println!("        {line}"));
    }
}

/// Shows something that was looked at from outside of the charm.
pub fn observe(text: &str) {
    println!("    -> {text}");
}

impl Table {
    /// Notes what a step cost.
    pub fn add(&mut self, title: &str, cost: Cost) {
        self.rows.push((title.to_owned(), cost));
    }

    /// Shows all of it.
    pub fn show(&self, all: Cost) {
        println!("\n{:<77} hooks  tools  requests  boots   CPU ms  peak KiB", "step");
        for (title, cost) in &self.rows {
            println!("{}", row(title, *cost));
        }
        println!("{}", row("all", all));
    }
}

fn row(title: &str, cost: Cost) -> String {
    format!(
        "{title:<77} {:>5}  {:>5}  {:>8}  {:>5}  {:>7.1}  {:>8}",
        cost.hooks,
        cost.tools,
        cost.requests,
        cost.boots,
        cost.cpu.as_secs_f64() * 1000.0,
        cost.peak_kib
    )
}
