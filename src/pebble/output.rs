//! The output of a command, limited in size.

/// The bytes of an output that are kept.
const LIMIT: usize = 64 << 10;

/// The end of an output.
#[derive(Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    left_out: usize,
}

impl Output {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        // Not with every push, because each cut moves the rest.
        if self.bytes.len() > 2 * LIMIT {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let excess = self.bytes.len().saturating_sub(LIMIT);
        self.bytes.drain(..excess);
        self.left_out += excess;
    }

    /// The text, with a first line that says how much is left out, if anything.
    pub(super) fn text(mut self) -> String {
        self.cut();
        let end = String::from_utf8_lossy(&self.bytes);
        match self.left_out {
            0 => end.into_owned(),
            bytes => format!("[{bytes} bytes before this are left out]\n{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_the_rest_counted() {
        let mut output = Output::default();
        (0..5).for_each(|_| output.push(&vec![b'a'; 60_000]));
        output.push(b"end");
        let text = output.text();
        assert!(
            text.starts_with("[234467 bytes before this are left out]\na") && text.ends_with("aend"),
            "{}",
            text.len()
        );
    }

    #[test]
    fn a_short_output_is_kept_whole() {
        let mut output = Output::default();
        output.push(b"one\n\xff");
        assert_eq!(output.text(), "one\n\u{fffd}");
    }
}
