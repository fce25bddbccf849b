//! The output of a command, limited in size.

/// The bytes of an output that are kept.
const LIMIT: usize = 64 << 10;

/// An output, of which no more than the last 64 KiB are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    text: String,
    is_cut: bool,
}

/// An output that still grows.
#[derive(Default)]
pub(super) struct Growing {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Output {
    /// All of it.
    ///
    /// *Empty*: its beginning was not kept.
    #[must_use]
    pub fn whole(&self) -> Option<&str> {
        (!self.is_cut).then_some(self.text.as_str())
    }

    /// Its last lines, without one whose beginning was not kept.
    #[must_use]
    pub fn last_lines(&self) -> &str {
        if self.is_cut { self.text.split_once('\n').map_or("", |(_, rest)| rest) } else { &self.text }
    }
}

impl Growing {
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
        self.is_cut |= excess > 0;
    }

    pub(super) fn end(mut self) -> Output {
        self.cut();
        Output { text: String::from_utf8_lossy(&self.bytes).into_owned(), is_cut: self.is_cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(pieces: &[&[u8]]) -> Output {
        let mut output = Growing::default();
        for piece in pieces {
            output.push(piece);
        }
        output.end()
    }

    #[test]
    fn of_a_long_output_the_last_lines_are_kept_and_no_one_takes_them_for_all() {
        let long = vec![b'a'; 60_000];
        let cut = output(&[&long, &long, &long, &long, &long, b"\none\ntwo\n"]);
        assert_eq!((cut.whole(), cut.last_lines()), (None, "one\ntwo\n"));
        assert_eq!(output(&[&long, &long]).last_lines(), "");
    }

    #[test]
    fn a_short_output_is_kept_whole() {
        let short = output(&[b"one\n\xff"]);
        assert_eq!((short.whole(), short.last_lines()), (Some("one\n\u{fffd}"), "one\n\u{fffd}"));
    }
}
