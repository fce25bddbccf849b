//! Values of secrets: Juju keeps them in base64, the model as text where they are text.

use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use std::collections::BTreeMap;

/// What a key ends in whose value is in base64.
pub const BASE64: &str = "#base64";

/// Keys and values of a secret; under a key that ends in `#base64` stands what is no text, or no base64 at all.
pub type Content = BTreeMap<String, String>;

/// Bits behind the last byte do not matter to Go.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Puts a value that is in base64 into the content.
pub fn insert(content: &mut Content, key: &str, encoded: &str) {
    let text = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match text {
        Some(text) => content.insert(key.to_owned(), text),
        None => content.insert(format!("{key}{BASE64}"), encoded.to_owned()),
    };
}

/// The value of a key in base64.
///
/// *Empty*: no such key.
pub fn encoded(content: &Content, key: &str) -> Option<String> {
    content.get(key).map(|text| STANDARD.encode(text)).or_else(|| content.get(&format!("{key}{BASE64}")).cloned())
}

/// Keys with what their values are, in bytes.
///
/// # Errors
/// The first place of a value that is no base64, in Go's words.
pub fn decoded(content: &Content) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let entry = |(key, value): (&String, &String)| match key.strip_suffix(BASE64) {
        Some(key) => Ok((key.to_owned(), decode(&signs(value), value.len())?)),
        None => Ok((key.clone(), value.clone().into_bytes())),
    };
    content.iter().map(entry).collect()
}

/// One value in bytes, read group by group.
///
/// # Errors
/// As [`decoded`], or the last group is not complete.
pub fn read(encoded: &str) -> Result<Vec<u8>, String> {
    let signs = signs(encoded);
    let (whole, rest) = signs.split_at(signs.len() / 4 * 4);
    let bytes = decode(whole, encoded.len())?;
    if rest.is_empty() { Ok(bytes) } else { Err("unexpected EOF".to_owned()) }
}

/// The signs with their places; line breaks do not count.
fn signs(encoded: &str) -> Vec<(usize, u8)> {
    encoded.bytes().enumerate().filter(|(_, byte)| !b"\r\n".contains(byte)).collect()
}

fn decode(signs: &[(usize, u8)], length: usize) -> Result<Vec<u8>, String> {
    let plain: Vec<u8> = signs.iter().map(|(_, byte)| *byte).collect();
    LENIENT.decode(&plain).map_err(|_| format!("illegal base64 data at input byte {}", flaw(signs, length)))
}

/// The place that Go names: of a sign that does not belong there, or of the group that is not complete.
fn flaw(signs: &[(usize, u8)], length: usize) -> usize {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let at = |place: usize| signs.get(place).map(|(index, _)| *index);
    let Some(place) = signs.iter().position(|(_, byte)| !is_digit(*byte)) else {
        return length - signs.len() % 4;
    };
    let here = at(place).unwrap_or(length);
    let is_padding = |place: usize| signs.get(place).is_some_and(|(_, byte)| *byte == b'=');
    match place % 4 {
        2 if is_padding(place) && is_padding(place + 1) => at(place + 2).unwrap_or(here),
        2 if is_padding(place) => at(place + 1).map_or(length, |next| next - 1),
        3 if is_padding(place) => at(place + 1).unwrap_or(here),
        _ => here,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_as_text_and_all_else_in_base64() {
        let mut content = Content::new();
        for (key, value) in [("text", "aGVsbG8="), ("bytes", "AP8="), ("none", "hello!")] {
            insert(&mut content, key, value);
        }
        let kept = [("bytes#base64", "AP8="), ("none#base64", "hello!"), ("text", "hello")];
        assert_eq!(content, kept.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        let encoded = ["text", "bytes", "none", "more"].map(|key| encoded(&content, key));
        assert_eq!(encoded, [Some("aGVsbG8="), Some("AP8="), Some("hello!"), None].map(|it| it.map(str::to_owned)));
    }

    #[test]
    fn what_is_no_base64_is_told_with_its_place() {
        for (text, place) in [
            ("a", 0),
            ("ab", 0),
            ("abc", 0),
            ("abcde", 4),
            ("ab*d", 2),
            ("abc*", 3),
            ("=abc", 0),
            ("a===", 1),
            ("ab=", 3),
            ("ab=c", 2),
            ("abc=d", 4),
            ("ab==c", 4),
            ("a-cd", 1),
            ("übcd", 0),
            ("a\nb", 1),
        ] {
            let refusal = Err(format!("illegal base64 data at input byte {place}"));
            assert_eq!(decode(&signs(text), text.len()), refusal, "{text:?}");
        }
        assert_eq!(["YW\r\nJj\n", "ab=\n=", ""].map(read), [Ok(b"abc".to_vec()), Ok(b"i".to_vec()), Ok(Vec::new())]);
        assert_eq!(["abc", "ab=", "abcde"].map(read), [(); 3].map(|()| Err("unexpected EOF".to_owned())));
        assert_eq!(read("ab*d"), Err("illegal base64 data at input byte 2".to_owned()));
    }
}
