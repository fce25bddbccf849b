//! Plays the documents: every command that a page tells its reader to type is typed on the stage, and what the page shows is compared
//! with what comes. `README.md` beside this file says how pages are written for that.

#[path = "../../commands/grammar.rs"]
mod grammar;

mod acts;
mod compare;
mod examples;
mod page;
mod player;
mod results;
mod shelf;
mod shell;
mod stand_ins;
mod status;
mod teller;
mod words;
mod world;

use std::{fs, io, path::Path, process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Trial};
use page::Page;
use shelf::Shelf;

/// As many blocks may be left unplayed in all documents together.
const MOST_UNPLAYED: usize = 10;

/// A test of the player itself.
type Example = fn(&Shelf) -> Result<(), String>;

/// Pages that show what the player notices.
const EXAMPLES: [(&str, Example); 2] = [
    ("every_mistake_of_a_page_is_told", examples::every_mistake_is_told),
    ("a_page_may_show_what_is_refused", examples::a_page_may_show_what_is_refused),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match prepare() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("reading the documents failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn prepare() -> io::Result<Vec<Trial>> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![Page::read(top, "README.md")?];
    collect(top, "docs", &mut pages)?;
    let unplayed: Vec<String> = pages.iter().flat_map(Page::unplayed).collect();
    let shelf = Arc::new(Shelf::open(top)?);
    let examples = EXAMPLES.map(|(name, example)| {
        let shelf = Arc::clone(&shelf);
        Trial::test(format!("docs::{name}"), move || Ok(example(&shelf)?))
    });
    let play = |page: Page| {
        let shelf = Arc::clone(&shelf);
        let name = format!("docs::{}", page.name.trim_start_matches("docs/"));
        Trial::test(name, move || Ok(teller::play(&page, &shelf)?))
    };
    let count = Trial::test("docs::at_most_ten_blocks_are_not_played", move || count(&unplayed));
    Ok(pages.into_iter().map(play).chain(examples).chain([count]).collect())
}

fn count(unplayed: &[String]) -> Result<(), libtest_mimic::Failed> {
    println!("{} blocks are not played", unplayed.len());
    for block in unplayed {
        println!("{block}");
    }
    if unplayed.len() <= MOST_UNPLAYED { Ok(()) } else { Err(unplayed.join("\n").into()) }
}

/// The pages below a folder.
fn collect(top: &Path, folder: &str, pages: &mut Vec<Page>) -> io::Result<()> {
    let mut names: Vec<(String, bool)> = Vec::new();
    for entry in fs::read_dir(top.join(folder))? {
        let entry = entry?;
        names.push((format!("{folder}/{}", entry.file_name().to_string_lossy()), entry.file_type()?.is_dir()));
    }
    names.sort();
    for (name, is_folder) in names {
        if is_folder && !name.contains("/_") {
            collect(top, &name, pages)?;
        } else if Path::new(&name).extension().is_some_and(|suffix| suffix == "md") {
            pages.push(Page::read(top, &name)?);
        }
    }
    Ok(())
}
