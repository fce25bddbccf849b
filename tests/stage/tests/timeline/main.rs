//! The page of a recorded life, in a real browser: what a person clicks and reads.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not there fails its test")]

mod browser;

use browser::Browser;
use libtest_mimic::{Arguments, Trial};
use serde_json::json;
use stage::{HookRun, Remote, RemoteError, RemoteView, Stage};
use std::{
    path::Path,
    process::ExitCode,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

/// What would be seen as markup, and run, if the page put it there.
const MARKUP: &str =
    "</script><script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\"><!--";

/// An application that publishes markup.
struct Guest;

impl Remote for Guest {
    fn application(&self) -> &'static str {
        "guest"
    }

    fn endpoint(&self) -> (&str, &str) {
        ("house", "greeting")
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        relation.app().insert("heard".to_owned(), MARKUP.to_owned());
        Ok(())
    }
}

/// The life of a charm of ten lines of shell: two units, a guest, a greeting that is markup, and a hook that fails.
struct Life {
    runs: Vec<HookRun>,
    page: String,
}

impl Life {
    fn play() -> Self {
        let charm = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charms/shell");
        let mut stage = Stage::builder().charm(charm).units(2).recorded().build().unwrap();
        stage.mark("it is deployed");
        stage.deploy();
        stage.settle().unwrap();
        stage.mark("a guest comes");
        stage.relate("door", Guest).unwrap();
        stage.settle().unwrap();
        stage.config([("greeting", json!(MARKUP))]).unwrap();
        stage.settle().unwrap();
        stage.faults().fail_calls(&["status-set"], 1, "out of order");
        stage.update_status(1).unwrap();
        Self { runs: stage.runs().to_vec(), page: stage.record().unwrap().timeline() }
    }
}

/// The page of this life, opened anew in the one browser of all tests.
struct Reader {
    runs: &'static [HookRun],
    browser: MutexGuard<'static, Browser>,
}

impl Reader {
    fn open() -> Self {
        static LIFE: LazyLock<Life> = LazyLock::new(Life::play);
        static BROWSER: LazyLock<Mutex<Browser>> = LazyLock::new(|| Mutex::new(Browser::start()));
        let mut browser = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
        browser.show(&LIFE.page);
        Self { runs: &LIFE.runs, browser }
    }

    /// The number of the last run of a hook of a unit.
    fn number(&self, unit: &str, hook: &str) -> usize {
        self.runs.iter().rposition(|run| run.unit == unit && run.hook == hook).unwrap()
    }

    fn click_bar(&mut self, number: usize) {
        self.browser.click(&format!("document.querySelector('[data-hook=\"{number}\"] rect')"), 0.5, 0.3);
    }

    fn bars(&mut self) -> usize {
        self.count(".bar")
    }

    fn count(&mut self, selector: &str) -> usize {
        self.browser
            .evaluate(&format!("document.querySelectorAll({}).length", json!(selector)))
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap()
    }

    fn reads(&mut self, selector: &str, words: &[&str]) {
        let text = self.browser.text(selector);
        for word in words {
            assert!(text.contains(word), "no {word:?} in {selector}:\n{text}");
        }
    }
}

fn a_click_on_a_bar_shows_the_hook_with_its_calls_and_its_log() {
    let mut page = Reader::open();
    let number = page.number("shell/1", "update-status");
    page.click_bar(number);
    page.reads("#hook h2", &["update-status", "✕ exit 1"]);
    page.reads(
        "#hook",
        &["shell/1", "config-get greeting", "status-set active", "✕ 1", "ERROR out of order", "WARNING"],
    );
    assert_eq!(page.count("#hook .line"), page.runs[number].tools.len());
    page.reads("#moment .statuses", &["shell/1", "error", "hook failed: \"update-status\""]);
    assert_eq!(page.browser.complaints(), Vec::<String>::new());
}

fn a_click_on_the_axis_shows_the_databags_of_that_moment() {
    let mut page = Reader::open();
    let [before, after] = [("shell/1", "door-relation-created"), ("shell/0", "config-changed")]
        .map(|(unit, hook)| page.number(unit, hook));
    for (number, words) in [(before, "hello"), (after, MARKUP)] {
        // Just after the bar, in the row below all bars.
        let script = format!("document.querySelector('[data-hook=\"{number}\"] rect')");
        let right = page.browser.evaluate(&format!("{script}.getBoundingClientRect().right")).as_f64().unwrap() + 2.0;
        let chart = "document.getElementById('chart')";
        let width = page.browser.evaluate(&format!("{chart}.getBoundingClientRect().width")).as_f64().unwrap();
        let left = page.browser.evaluate(&format!("{chart}.getBoundingClientRect().left")).as_f64().unwrap();
        page.browser.click(chart, (right - left) / width, 0.99);
        page.reads("#hook h2", &["No hook is chosen"]);
        page.reads("#moment", &["shell:door – guest", "shell/0", "words", words]);
    }
}

fn arrow_keys_go_from_hook_to_hook_and_from_unit_to_unit() {
    let mut page = Reader::open();
    page.click_bar(0);
    let names: Vec<String> = page.runs.iter().map(|run| run.hook.clone()).collect();
    page.browser.press("ArrowRight");
    page.reads("#hook h2", &[&names[1]]);
    page.browser.press("ArrowLeft");
    page.reads("#hook h2", &[&names[0]]);
    let unit = page.runs[0].unit.clone();
    let (key, other) = if unit == "shell/0" { ("ArrowDown", "shell/1") } else { ("ArrowUp", "shell/0") };
    page.browser.press(key);
    page.reads("#hook .of", &[other]);
}

fn a_filter_leaves_only_the_hooks_with_these_letters() {
    let mut page = Reader::open();
    assert_eq!(page.bars(), page.runs.len());
    page.browser.type_into("#filter", "door-relation");
    let wanted = page.runs.iter().filter(|run| run.hook.contains("door-relation")).count();
    assert_eq!(page.bars(), wanted);
}

fn wheel_and_keys_zoom_and_a_button_shows_all_again() {
    let mut page = Reader::open();
    let all = page.bars();
    for zoom in
        [|browser: &mut Browser| browser.press("+"), |browser: &mut Browser| browser.turn_wheel("#chart", -120.0)]
    {
        for _ in 0..3 {
            zoom(&mut page.browser);
        }
        assert!(page.bars() < all, "{} of {all} are still there", page.bars());
        page.browser.click("document.querySelector('[aria-label=\"Show all\"]')", 0.5, 0.5);
        assert_eq!(page.bars(), all);
    }
}

fn what_a_charm_or_a_neighbour_writes_is_text_and_never_markup() {
    let mut page = Reader::open();
    let number = page.number("shell/0", "config-changed");
    page.click_bar(number);
    page.reads("#moment .values", &["heard", MARKUP]);
    let scripts = page.browser.evaluate("[document.scripts.length, document.images.length, document.title]");
    assert_eq!(scripts, json!([2, 0, format!("forum: {} hooks", page.runs.len())]));
    assert_eq!(page.browser.complaints(), Vec::<String>::new());
}

fn a_status_is_a_word_too_and_not_a_colour_alone() {
    let mut page = Reader::open();
    let unnamed = "[...document.querySelectorAll('.status')].filter((status) => !/(active|unknown|maintenance|error)/.test(status.querySelector('title').textContent)).length";
    assert_eq!(page.browser.evaluate(unnamed), json!(0));
    assert!(page.count(".status") > 4);
}

fn acts_of_the_operator_stand_over_the_rows_and_a_click_on_one_tells_it() {
    let mut page = Reader::open();
    let titles = "[...document.querySelectorAll('.act title')].map((title) => title.textContent).join('\\n')";
    let titles = page.browser.evaluate(titles);
    let acts: Vec<&str> = titles.as_str().unwrap().lines().collect();
    let config = format!("config shell greeting={MARKUP}");
    assert_eq!(acts, ["deploy shell -n 2", "integrate shell:door guest:house", config.as_str()]);
    page.browser.click("document.querySelector('g.act path')", 0.5, 0.5);
    page.reads("#hook", &["What was done", "deploy shell -n 2"]);
}

/// A sentence and the test of it.
type Test = (&'static str, fn());

macro_rules! tests {
    ($($test:ident),* $(,)?) => { [$((stringify!($test), $test as fn())),*] };
}

fn main() -> ExitCode {
    let tests = tests![
        a_click_on_a_bar_shows_the_hook_with_its_calls_and_its_log,
        a_click_on_the_axis_shows_the_databags_of_that_moment,
        arrow_keys_go_from_hook_to_hook_and_from_unit_to_unit,
        a_filter_leaves_only_the_hooks_with_these_letters,
        wheel_and_keys_zoom_and_a_button_shows_all_again,
        what_a_charm_or_a_neighbour_writes_is_text_and_never_markup,
        acts_of_the_operator_stand_over_the_rows_and_a_click_on_one_tells_it,
        a_status_is_a_word_too_and_not_a_colour_alone,
    ];
    let has_browser = browser::program().is_some();
    if !has_browser {
        println!(
            "skipping the tests in a browser: there is no chromium, which tests/setup installs where the distribution has it"
        );
    }
    let trial = |(name, test): Test| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
        .with_ignored_flag(!has_browser)
    };
    libtest_mimic::run(&Arguments::from_args(), tests.map(trial).into()).exit_code()
}
