//! The order in which go-yaml prints the keys of a map: letters after other signs, numbers by their value.

use std::cmp::Ordering;

/// Compares two keys.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let same = left.iter().zip(&right).take_while(|(one, other)| one == other).count();
    let (Some(one), Some(other)) = (left.get(same), right.get(same)) else {
        return left.len().cmp(&right.len());
    };
    match (one.is_alphabetic(), other.is_alphabetic()) {
        (true, true) => one.cmp(other),
        (false, false) => compare_numbers(&left, &right, same).then(one.cmp(other)),
        (one_is_letter, _) => {
            let follows_digit = same.checked_sub(1).and_then(|at| left.get(at)).is_some_and(char::is_ascii_digit);
            if follows_digit == one_is_letter { Ordering::Less } else { Ordering::Greater }
        }
    }
}

/// Compares the numbers that begin where two keys begin to differ, then their lengths.
fn compare_numbers(left: &[char], right: &[char], at: usize) -> Ordering {
    let has_zero = [left, right].iter().any(|key| key.get(at) == Some(&'0'));
    let before = left.iter().take(at).rev().take_while(|letter| letter.is_ascii_digit());
    let start = u64::from(has_zero && before.into_iter().any(|digit| *digit != '0'));
    let number = |key: &[char]| {
        let digits = key.iter().skip(at).map_while(|letter| letter.to_digit(10));
        digits.fold((start, 0), |(value, length), digit| {
            (value.wrapping_mul(10).wrapping_add(u64::from(digit)), length + 1)
        })
    };
    number(left).cmp(&number(right))
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn signs_come_before_letters_and_numbers_count_by_value() {
        let mut keys = ["AB", "A_B", "a10", "a2", "B", "a", "A1", "a01"];
        keys.sort_by(|left, right| compare(left, right));
        assert_eq!(keys, ["A_B", "A1", "AB", "B", "a", "a01", "a2", "a10"]);
    }
}
