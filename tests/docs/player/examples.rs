//! Pages with mistakes, each of which must be noticed.

use crate::{page::Page, shelf::Shelf, teller};

/// A page in which nearly everything is wrong, and what is said of it.
const PAGE: &str = include_str!("../examples/mistakes.md");
const EXPECTED: &str = include_str!("../examples/mistakes.txt");

/// A page whose commands and outputs are right.
const RIGHT: &str = include_str!("../examples/right.md");

/// Every mistake of a page is told, with its line; what came in the place of what the page shows has addresses, and is left out here.
pub fn every_mistake_is_told(shelf: &Shelf) -> Result<(), String> {
    let told = teller::play(&Page::of("mistakes.md", PAGE), shelf).err().unwrap_or_default();
    let told: Vec<&str> = told.lines().filter(|line| line.starts_with("mistakes.md:")).collect();
    if told == EXPECTED.lines().collect::<Vec<_>>() {
        Ok(())
    } else {
        Err(format!("what was told:\n{}", told.join("\n")))
    }
}

/// A page that shows what comes, refusals and failures too, is right.
pub fn a_page_may_show_what_is_refused(shelf: &Shelf) -> Result<(), String> {
    teller::play(&Page::of("right.md", RIGHT), shelf)
}
