//! Numbers as Go writes them: the fewest digits that are read as the same number, the even ones where two are as good.

use serde_json::Number;

/// As in JSON: plain digits, but an exponent below a millionth and from 10 to the 21st on.
pub fn in_json(number: f64) -> String {
    if number == 0.0 {
        return signed(number, "0".to_owned());
    }
    if (1e-6..1e21).contains(&number.abs()) {
        return signed(number, plain(number));
    }
    let (digits, power) = parts(number);
    signed(number, format!("{}e{power:+}", pointed(&digits, 1)))
}

/// As in YAML: an exponent of two digits or more below a ten thousandth and from a million on.
pub fn in_yaml(number: f64) -> String {
    let (digits, power) = parts(number);
    if number == 0.0 || (-4..6).contains(&power) {
        return in_json(number);
    }
    signed(number, format!("{}e{power:+03}", pointed(&digits, 1)))
}

fn signed(number: f64, text: String) -> String {
    if number.is_sign_negative() { format!("-{text}") } else { text }
}

fn plain(number: f64) -> String {
    let (digits, power) = parts(number);
    match usize::try_from(power) {
        Ok(power) => pointed(&format!("{digits:0<width$}", width = power + 1), power + 1),
        Err(_) => format!("0.{:0>width$}", digits, width = digits.len() + power.unsigned_abs() as usize - 1),
    }
}

/// Digits with a point after the first ones.
fn pointed(digits: &str, place: usize) -> String {
    match digits.split_at_checked(place) {
        Some((whole, fraction)) if !fraction.is_empty() => format!("{whole}.{fraction}"),
        _ => digits.to_owned(),
    }
}

/// The digits of a number without its sign, and the power of ten of the first one.
fn parts(number: f64) -> (String, i32) {
    let text = Number::from_f64(number.abs()).map(|number| number.to_string()).unwrap_or_default();
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let length = |text: &str| i32::try_from(text.len()).unwrap_or(i32::MAX);
    let place = length(whole) + length(digits) - length(&all) - 1;
    (digits.trim_end_matches('0').to_owned(), place + power.parse::<i32>().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{in_json, in_yaml};

    #[test]
    fn exponents_come_where_go_writes_them() {
        for (number, json, yaml) in [
            (0.0, "0", "0"),
            (-0.0, "-0", "-0"),
            (1.0, "1", "1"),
            (-0.25, "-0.25", "-0.25"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "0.00001", "1e-05"),
            (1e-6, "0.000001", "1e-06"),
            (1.5e-7, "1.5e-7", "1.5e-07"),
            (999_999.0, "999999", "999999"),
            (-5_000_000.0, "-5000000", "-5e+06"),
            (1_048_576.0, "1048576", "1.048576e+06"),
            (1e20, "100000000000000000000", "1e+20"),
            (1e21, "1e+21", "1e+21"),
            (1.25e300, "1.25e+300", "1.25e+300"),
            (9_007_199_254_740_992.0, "9007199254740992", "9.007199254740992e+15"),
        ] {
            assert_eq!((in_json(number).as_str(), in_yaml(number).as_str()), (json, yaml));
        }
    }
}
