//! What a person may have meant who named something that is not there.

/// How alike two words are of which one may be meant for the other, from 0 to 1.
const ALIKE: f64 = 0.7;

/// The end of a complaint: the word that may be meant, else all that there are.
#[must_use]
pub fn remedy<W: AsRef<str>>(wrong: &str, known: impl IntoIterator<Item = W>) -> String {
    let known: Vec<W> = known.into_iter().collect();
    let alike = known.iter().map(|word| (strsim::jaro_winkler(wrong, word.as_ref()), word.as_ref()));
    match alike.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((measure, word)) if measure > ALIKE => format!(": did you mean {word:?}?"),
        _ => format!(": {}", all(known)),
    }
}

/// All that there are.
#[must_use]
pub fn all<W: AsRef<str>>(known: impl IntoIterator<Item = W>) -> String {
    let known: Vec<W> = known.into_iter().collect();
    let words: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => "there is none".to_owned(),
        [one] => format!("there is {one}"),
        several => format!("there are {}", several.join(", ")),
    }
}
