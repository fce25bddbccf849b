//! The steps of a text whose words are not understood yet.

use serde::{Deserialize, de::IgnoredAny};
use serde_saphyr::Spanned;

/// Steps, whatever they say.
#[derive(Deserialize)]
struct Outline {
    steps: Vec<Spanned<IgnoredAny>>,
}

/// The text with one step alone, for each, at its line.
///
/// *Empty*: the text has no list of steps, or one that refers to what stands in another.
pub(super) fn alone(text: &str) -> impl Iterator<Item = String> {
    let outline = serde_saphyr::from_str(text).ok().filter(|_| !text.contains(['*', '&']));
    let steps = outline.map(|Outline { steps }| steps).unwrap_or_default();
    let begins: Vec<u64> = steps.iter().map(|step| step.referenced.line()).collect();
    let first = begins.first().copied().unwrap_or_default();
    let ends: Vec<u64> = begins.iter().skip(1).copied().chain([u64::MAX]).collect();
    begins.into_iter().zip(ends).map(move |(begin, end)| {
        let is_kept = |number: &u64| *number < first || (begin..end).contains(number);
        let line = |(number, line)| if is_kept(&number) { line } else { "" };
        (1..).zip(text.lines()).map(line).collect::<Vec<_>>().join("\n")
    })
}
