//! What an unquoted YAML 1.1 text would be taken for by Go's yaml.v2, in the version that Juju is built with.

use time::{Month, util::days_in_month};

/// Words that stand for booleans, null and special numbers.
const WORDS: [&str; 40] = [
    "", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "n", "N", "no", "No", "NO", "false",
    "False", "FALSE", "off", "Off", "OFF", "~", "null", "Null", "NULL", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF",
    "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", "",
];

/// Whether a text must be quoted, for it would be read as something else than a text.
pub fn is_other_than_text(text: &str) -> bool {
    WORDS.contains(&text)
        || match text.chars().next() {
            Some('.') => is_fraction(text),
            Some('+' | '-' | '0'..='9') => is_timestamp(text) || is_number(&text.replace('_', "")) || is_base_60(text),
            _ => false,
        }
}

/// A number that begins with its point, whose digits underscores may part.
fn is_fraction(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let parts_digits = |place: usize| {
        let neighbours =
            [place.checked_sub(1), place.checked_add(1)].map(|place| place.and_then(|place| chars.get(place)));
        neighbours.iter().all(|char| char.is_some_and(char::is_ascii_digit))
    };
    let underscores = chars.iter().enumerate().filter(|(_, char)| **char == '_');
    underscores.map(|(place, _)| place).all(parts_digits)
        && text.replace('_', "").parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_number(text: &str) -> bool {
    is_integer(text)
        || is_float(text)
        || text.strip_prefix("0b").is_some_and(|digits| i64::from_str_radix(digits, 2).is_ok())
}

/// An integer with Go's prefixes, which fits into 64 bits.
fn is_integer(text: &str) -> bool {
    let (negative, signed, digits) = match text.as_bytes() {
        [b'-', ..] => (true, true, text.get(1..).unwrap_or_default()),
        [b'+', ..] => (false, true, text.get(1..).unwrap_or_default()),
        _ => (false, false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let based = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, radix)));
    let (digits, radix) = based.unwrap_or_else(|| match lower.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => (rest, 8),
        _ => (&lower, 10),
    });
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let limit = if negative {
        1_u64 << 63
    } else if signed {
        (1 << 63) - 1
    } else {
        u64::MAX
    };
    plain && u64::from_str_radix(digits, radix).is_ok_and(|number| number <= limit)
}

/// A float without leading zeros, whose exponent has a sign.
fn is_float(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let rest = match rest.strip_prefix('0') {
        Some(rest) => rest,
        None => rest.trim_start_matches(|digit: char| digit.is_ascii_digit()),
    };
    let rest = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => match fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()) {
            rest if rest.len() < fraction.len() => rest,
            _ => return false,
        },
    };
    let exponent = rest.strip_prefix(['e', 'E']);
    let digits = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or_default());
    let is_whole = digits
        .map_or(rest.is_empty(), |digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()));
    is_whole && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `12:30:45`, which YAML 1.1 reads as a number in base 60; no reader here does, but it is quoted all the same.
fn is_base_60(text: &str) -> bool {
    let mut parts = text.strip_prefix(['+', '-']).unwrap_or(text).split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let Some(last) = rest.pop() else { return false };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    rest.push(last);
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let sixtieth = |part: &&str| match part.len() {
        1 => digits(part),
        2 => digits(part) && part.starts_with(|digit: char| digit < '6'),
        _ => false,
    };
    first.starts_with(|digit: char| digit.is_ascii_digit())
        && digits(&first.replace('_', ""))
        && rest.iter().all(sixtieth)
        && digits(&fraction.replace('_', ""))
}

/// A date, or a date and a time: with `T` and a zone, or with blanks and without one.
fn is_timestamp(text: &str) -> bool {
    let Some((year, rest)) =
        text.split_at_checked(4).filter(|(year, _)| year.bytes().all(|digit| digit.is_ascii_digit()))
    else {
        return false;
    };
    let mut rest = Reader(rest);
    let date = (|| {
        rest.literal('-')?;
        let month = rest.number(1, 12)?;
        rest.literal('-')?;
        let day = rest.number(1, 31)?;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        (day <= u32::from(days_in_month(month, year.parse().ok()?))).then_some(())
    })();
    date.is_some() && (rest.0.is_empty() || rest.time().is_some() && rest.0.is_empty())
}

/// What is left of a timestamp.
struct Reader<'t>(&'t str);

impl Reader<'_> {
    fn literal(&mut self, char: char) -> Option<()> {
        self.0 = self.0.strip_prefix(char)?;
        Some(())
    }

    /// One or two digits.
    fn number(&mut self, least: u32, most: u32) -> Option<u32> {
        let length = self.0.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        digits.parse().ok().filter(|number| (least..=most).contains(number))
    }

    fn time(&mut self) -> Option<()> {
        let zoned = self.0.starts_with(['T', 't']);
        if zoned {
            self.0 = self.0.get(1..)?;
        } else {
            self.0 = self.0.strip_prefix(' ')?.trim_start_matches(' ');
        }
        self.number(0, 23)?;
        self.literal(':')?;
        self.number(0, 59)?;
        self.literal(':')?;
        self.number(0, 59)?;
        self.fraction();
        if zoned { self.zone() } else { Some(()) }
    }

    /// Up to nine digits after a point or a comma.
    fn fraction(&mut self) {
        let digits = self.0.strip_prefix(['.', ',']).unwrap_or_default();
        let length = digits.bytes().take(9).take_while(u8::is_ascii_digit).count();
        if length > 0 {
            self.0 = digits.get(length..).unwrap_or_default();
        }
    }

    fn zone(&mut self) -> Option<()> {
        if self.literal('Z').is_some() {
            return Some(());
        }
        let (zone, rest) = self.0.strip_prefix(['+', '-'])?.split_at_checked(5)?;
        self.0 = rest;
        let (hours, minutes) = zone.split_once(':')?;
        let number = |text: &str| {
            (text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit()))
                .then(|| text.parse::<u32>().ok())
                .flatten()
        };
        (number(hours)? <= 24 && number(minutes)? <= 60).then_some(())
    }
}
