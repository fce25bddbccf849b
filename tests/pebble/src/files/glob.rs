//! Patterns for names: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a letter.

/// Whether a whole name fits a pattern; `None` if the pattern is invalid.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> Option<bool> {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    fits(&pattern, &name)
}

fn fits(pattern: &[char], name: &[char]) -> Option<bool> {
    let Some((first, rest)) = pattern.split_first() else { return Some(name.is_empty()) };
    match first {
        '*' => {
            for skipped in 0..=name.len() {
                if fits(rest, name.get(skipped..).unwrap_or_default())? {
                    return Some(true);
                }
            }
            Some(false)
        }
        '[' => {
            let (is_in, rest) = class(rest, name.first().copied())?;
            let after = fits(rest, name.get(1..).unwrap_or_default())?;
            Some(is_in && after)
        }
        letter => {
            let (wanted, rest) = match letter {
                '\\' => rest.split_first().map(|(letter, rest)| (*letter, rest))?,
                letter => (*letter, rest),
            };
            let is_any = *first == '?';
            let after = fits(rest, name.get(1..).unwrap_or_default())?;
            Some(name.first().is_some_and(|letter| is_any || *letter == wanted) && after)
        }
    }
}

/// Whether a letter is in the class that begins here, and what follows the class.
fn class(pattern: &[char], letter: Option<char>) -> Option<(bool, &[char])> {
    let (is_negated, mut rest) = match pattern.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, pattern),
    };
    let mut is_in = false;
    let mut count = 0;
    loop {
        if count > 0 && rest.first() == Some(&']') {
            return Some((letter.is_some() && is_in != is_negated, rest.get(1..).unwrap_or_default()));
        }
        let (low, after) = member(rest)?;
        let (high, after) = match after.split_first() {
            Some(('-', after)) => member(after)?,
            _ => (low, after),
        };
        is_in |= letter.is_some_and(|letter| (low..=high).contains(&letter));
        rest = after;
        count += 1;
    }
}

fn member(pattern: &[char]) -> Option<(char, &[char])> {
    match pattern.split_first()? {
        ('-' | ']', _) => None,
        ('\\', rest) => rest.split_first().map(|(letter, rest)| (*letter, rest)),
        (letter, rest) => Some((*letter, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_fit_whole_names() {
        let cases = [
            ("*.conf", "a.conf"),
            ("?", "ab"),
            ("[a-c]x", "bx"),
            ("[^a]", "a"),
            ("\\*", "*"),
            ("a*c", "abcd"),
            ("[", "a"),
        ];
        let verdicts = cases.map(|(pattern, name)| matches(pattern, name));
        assert_eq!(verdicts, [Some(true), Some(false), Some(true), Some(false), Some(true), Some(false), None]);
    }
}
