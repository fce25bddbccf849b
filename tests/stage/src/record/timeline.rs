//! The record as one page for a browser, which loads nothing.

use super::{Record, entry::Entry};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use time::format_description::well_known::Rfc3339;

const STYLE: &str = include_str!("timeline/style.css");
const SCRIPT: &str = concat!(
    include_str!("timeline/life.js"),
    include_str!("timeline/scale.js"),
    include_str!("timeline/chart.js"),
    include_str!("timeline/details.js"),
    include_str!("timeline/page.js"),
);

/// About as many bytes as a page takes; browsers read it within a second.
const PAGE_LIMIT: usize = 4_500_000;

/// What the script reads.
#[derive(Serialize)]
struct Data<'r> {
    model: &'r str,
    juju: &'r str,
    began: String,
    texts: Vec<String>,
    keys: Vec<&'r Vec<super::texts::Text>>,
    entries: &'r [Entry],
}

/// The whole page.
pub(super) fn page(record: &Record) -> String {
    let room = PAGE_LIMIT.saturating_sub(json(&record.entries).len());
    let data = Data {
        model: &record.model,
        juju: &record.juju,
        began: record.began.format(&Rfc3339).unwrap_or_default(),
        texts: record.texts.fitting(room, |text| record.mask.apply(text)),
        keys: record.texts.keys().collect(),
        entries: &record.entries,
    };
    let data = escaped(&json(&data));
    let (style, script) = (digest(STYLE), digest(SCRIPT));
    format!(include_str!("timeline/page.html"), style = style, script = script, css = STYLE, js = SCRIPT, data = data)
}

/// Numbers and texts alone: this fails for no record.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What a policy names a script or style by that may stand in the page.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// JSON that no reader of HTML takes for markup; these characters stand in its texts only.
fn escaped(json: &str) -> String {
    let escapes =
        [('&', r"\u0026"), ('<', r"\u003c"), ('>', r"\u003e"), ('\u{2028}', r"\u2028"), ('\u{2029}', r"\u2029")];
    escapes.into_iter().fold(json.to_owned(), |json, (character, escape)| json.replace(character, escape))
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT, STYLE, escaped};

    #[test]
    fn data_holds_nothing_that_is_markup() {
        let text = serde_json::to_string("</script><!-- & \u{2028}").unwrap();
        let shown = escaped(&text);
        assert_eq!(shown, r#""\u003c/script\u003e\u003c!-- \u0026 \u2028""#);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), "</script><!-- & \u{2028}");
    }

    #[test]
    fn neither_style_nor_script_ends_early_or_writes_markup() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
            assert!(!SCRIPT.contains(sink), "{sink}");
        }
    }
}
