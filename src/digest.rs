//! Short digests: names for content, and marks by which equal content is recognised.

use sha2::{Digest, Sha256};

/// The first 16 hex digits of a text's SHA-256.
#[must_use]
pub fn short_digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{first:016x}")
}

#[cfg(test)]
mod tests {
    use super::short_digest;

    #[test]
    fn a_digest_has_the_first_16_digits_of_sha_256() {
        assert_eq!(short_digest(""), "e3b0c44298fc1c14");
        assert_eq!(short_digest("abc"), "ba7816bf8f01cfea");
    }
}
