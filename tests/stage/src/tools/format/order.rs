//! The order of keys in YAML: numbers in them count as numbers, and what is no letter comes before letters.

use std::cmp::Ordering;

/// Sorts members by their keys.
///
/// The comparison is no total order for every set of keys, which is why it is inserted one by one: that ends with any comparison.
pub fn in_natural_order<T>(members: impl IntoIterator<Item = (T, String)>) -> Vec<(T, String)> {
    let mut sorted: Vec<(T, String)> = Vec::new();
    for member in members {
        let place = sorted.iter().rposition(|(_, key)| compare(key, &member.1).is_le()).map_or(0, |before| before + 1);
        sorted.insert(place, member);
    }
    sorted
}

fn compare(left: &str, right: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let Some(place) = left.iter().zip(&right).position(|(a, b)| a != b) else {
        return left.len().cmp(&right.len());
    };
    let (before, left) = left.split_at(place);
    let right = right.get(place..).unwrap_or_default();
    let (Some(a), Some(b)) = (left.first(), right.first()) else { return Ordering::Equal };
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => a.cmp(b),
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let lead = u64::from((*a == '0' || *b == '0') && continues_a_number(before));
            let ((a_number, a_digits), (b_number, b_digits)) = (number(lead, left), number(lead, right));
            a_number.cmp(&b_number).then(a_digits.cmp(&b_digits)).then(a.cmp(b))
        }
    }
}

/// Whether digits that are not all zero stand right before.
fn continues_a_number(before: &[char]) -> bool {
    before.iter().rev().take_while(|char| char.is_ascii_digit()).any(|digit| *digit != '0')
}

fn number(lead: u64, text: &[char]) -> (u64, usize) {
    let digits = text.iter().map_while(|char| char.to_digit(10));
    digits
        .fold((lead, 0), |(number, length), digit| (number.wrapping_mul(10).wrapping_add(u64::from(digit)), length + 1))
}
