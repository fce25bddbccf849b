//! What a plain scalar means, and when a text needs quotes to stay a text.
//!
//! *Source*: YAML 1.2 core schema, and the YAML 1.1 words that go-yaml v3 keeps quoting.

/// Whether a plain scalar is null.
#[must_use]
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The type that a plain scalar has, as go-yaml names it in its errors.
#[must_use]
pub fn tag(text: &str, is_plain: bool) -> &'static str {
    if !is_plain {
        "!!str"
    } else if is_null(text) {
        "!!null"
    } else if matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") {
        "!!bool"
    } else if integer(text).is_some() {
        "!!int"
    } else if is_float(text) {
        "!!float"
    } else if is_date(text) {
        "!!timestamp"
    } else {
        "!!str"
    }
}

/// The integer that a plain scalar is.
#[must_use]
pub fn integer(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix(['-', '+']) {
        Some(digits) => (if plain.starts_with('-') { -1 } else { 1 }, digits),
        None => (1, plain.as_str()),
    };
    if !digits.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let value = if let Some(hex) = digits.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if let Some(binary) = digits.strip_prefix("0b") {
        i64::from_str_radix(binary, 2)
    } else if let Some(octal) = digits.strip_prefix("0o") {
        i64::from_str_radix(octal, 8)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    value.ok().map(|value| sign * value)
}

/// The integer that a plain scalar is, or the whole part of a number with a fraction.
#[must_use]
pub fn whole(text: &str) -> Option<i64> {
    let fraction = || text.parse::<f64>().ok().filter(|_| is_float(text))?.trunc().to_string().parse().ok();
    integer(text).or_else(fraction)
}

/// Whether a text printed without quotes would be read as something else, or is a word of YAML 1.1.
#[must_use]
pub fn needs_type_quotes(text: &str) -> bool {
    tag(text, true) != "!!str" || is_old_boolean(text) || is_base_sixty(text)
}

fn is_old_boolean(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word = matches!(lower.as_str(), "y" | "n" | "yes" | "no" | "on" | "off");
    let spellings = [lower.clone(), lower.to_ascii_uppercase(), capitalised(&lower)];
    is_word && spellings.iter().any(|spelling| spelling == text)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// Numbers of YAML 1.1 such as `1:30:00`.
fn is_base_sixty(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = digits.split(':');
    let is_first_ok = parts.next().is_some_and(|part| {
        part.starts_with(|letter: char| letter.is_ascii_digit())
            && part.chars().all(|letter| letter.is_ascii_digit() || letter == '_')
    });
    let rest: Vec<_> = parts.collect();
    let is_sixty = |part: &str| {
        let whole = part.split('.').next().unwrap_or_default();
        (1..=2).contains(&whole.len()) && whole.parse::<u8>().is_ok_and(|value| value < 60)
    };
    is_first_ok && !rest.is_empty() && rest.iter().all(|part| is_sixty(part))
}

fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let begins = unsigned.starts_with(|letter: char| letter.is_ascii_digit())
        || unsigned.strip_prefix('.').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    let allowed = |letter: char| letter.is_ascii_digit() || ".eE+-_".contains(letter);
    begins && unsigned.chars().all(allowed) && unsigned.replace('_', "").parse::<f64>().is_ok()
}

fn is_date(text: &str) -> bool {
    let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let parts: Vec<_> = date.split('-').collect();
    let are_digits = parts.iter().all(|part| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit()));
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    are_digits && matches!(lengths.as_slice(), [4, 1..=2, 1..=2])
}
