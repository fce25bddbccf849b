//! Passwords that the charm makes.

use rand::{TryRng, rngs::SysRng};

use crate::secret::Secret;

/// Letters and digits that cannot be mistaken for each other; 64 of them would be too many to keep that promise.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyzACDEFHJK3";
const LENGTH: usize = 32;

/// A password of 32 characters with 160 bits of randomness; `None` if the system has no random bytes.
///
/// Discourse refuses fewer than six different characters: a draw that misses them is drawn again.
pub(super) fn generate() -> Option<Secret> {
    let mut bytes = [0_u8; LENGTH];
    loop {
        SysRng.try_fill_bytes(&mut bytes).ok()?;
        let text: String =
            bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32))).map(|c| char::from(*c)).collect();
        let distinct: std::collections::BTreeSet<char> = text.chars().collect();
        if distinct.len() >= 6 {
            return Some(Secret::from(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_never_the_same() {
        let (first, second) = (generate().unwrap(), generate().unwrap());
        assert_eq!(first.expose().len(), 32);
        assert_ne!(first.expose(), second.expose());
    }
}
