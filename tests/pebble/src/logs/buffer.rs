//! The last 100 KiB of a service's output, line by line.

use super::Entry;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use time::OffsetDateTime;
use tokio::sync::watch;

/// Bytes that are kept, time stamps and names included.
const MOST_BYTES: usize = 100 * 1024;
/// A longer line is cut into several.
const LONGEST_LINE: usize = 4 * 1024;
/// What a time stamp and brackets cost.
const PREFIX: usize = 28;

/// The output of one service. Readers keep their own place in it.
#[derive(Debug)]
pub struct Buffer {
    service: String,
    lines: Mutex<Lines>,
    grown: watch::Sender<u64>,
}

/// A reader's place: a line's number and how much of it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    line: u64,
    offset: usize,
}

#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<Line>,
    first: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Line {
    time: OffsetDateTime,
    text: Vec<u8>,
    is_whole: bool,
}

impl Buffer {
    /// An empty buffer.
    #[must_use]
    pub fn new(service: &str) -> Self {
        Self { service: service.to_owned(), lines: Mutex::default(), grown: watch::Sender::new(0) }
    }

    /// Adds output as it comes, in pieces of any size.
    pub fn append(&self, now: OffsetDateTime, output: &[u8]) {
        let now = now.replace_nanosecond(now.nanosecond() / 1_000_000 * 1_000_000).unwrap_or(now);
        let mut lines = self.lines();
        for piece in output.split_inclusive(|byte| *byte == b'\n') {
            let (text, is_whole) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            lines.add(now, text, is_whole, PREFIX + self.service.len());
        }
        drop(lines);
        self.grown.send_modify(|count| *count += 1);
    }

    /// Ends a line that has no end yet: what follows is another process's.
    pub fn finish_line(&self) {
        if let Some(line) = self.lines().kept.back_mut() {
            line.is_whole = true;
        }
    }

    /// Wakes when output has come.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    /// The place before the last `count` lines; `None` means before all.
    #[must_use]
    pub fn place(&self, count: Option<usize>) -> Place {
        let lines = self.lines();
        let skipped = count.map_or(0, |count| lines.kept.len().saturating_sub(count));
        Place { line: lines.first + skipped as u64, offset: 0 }
    }

    /// What has come since a place, which moves on.
    pub fn read(&self, place: &mut Place) -> Vec<Entry> {
        let lines = self.lines();
        if place.line < lines.first {
            *place = Place { line: lines.first, offset: 0 };
        }
        let skipped = usize::try_from(place.line - lines.first).unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        for line in lines.kept.iter().skip(skipped) {
            let text = line.text.get(place.offset..).unwrap_or_default();
            if !text.is_empty() || (line.is_whole && place.offset == 0) {
                entries.push(self.entry(line.time, text));
            }
            *place = if line.is_whole {
                Place { line: place.line + 1, offset: 0 }
            } else {
                Place { line: place.line, offset: line.text.len() }
            };
        }
        entries
    }

    /// The last lines, indented, the first replaced by `(...)` if there are more.
    #[must_use]
    pub fn last_lines(&self, count: usize, indent: &str) -> String {
        let lines = self.lines();
        let mut texts: Vec<_> = lines.kept.iter().map(|line| String::from_utf8_lossy(&line.text)).collect();
        while texts.last().is_some_and(|text| text.trim().is_empty()) {
            texts.pop();
        }
        if let Some(last) = texts.last_mut() {
            *last = last.trim_end().to_owned().into();
        }
        let excess = texts.len().saturating_sub(count);
        let shown = texts.get(excess..).unwrap_or_default();
        let mark = (excess > 0).then_some("(...)");
        let shown = mark.into_iter().chain(shown.iter().map(AsRef::as_ref)).map(|line| format!("{indent}{line}"));
        let text = shown.collect::<Vec<_>>().join("\n");
        if text.is_empty() { indent.to_owned() } else { text }
    }

    fn entry(&self, time: OffsetDateTime, text: &[u8]) -> Entry {
        Entry { time, service: self.service.clone(), message: String::from_utf8_lossy(text).into_owned() }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn add(&mut self, now: OffsetDateTime, text: &[u8], is_whole: bool, prefix: usize) {
        let mut rest = text;
        loop {
            self.open_line(now, prefix);
            let Some(line) = self.kept.back_mut() else { return };
            let room = LONGEST_LINE.saturating_sub(line.text.len() + prefix);
            let (now_taken, later) = rest.split_at(rest.len().min(room));
            line.text.extend_from_slice(now_taken);
            line.is_whole = is_whole || !later.is_empty();
            self.bytes += now_taken.len();
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        self.shrink(prefix);
    }

    /// Begins a new line if the last one is whole.
    fn open_line(&mut self, now: OffsetDateTime, prefix: usize) {
        if self.kept.back().is_none_or(|line| line.is_whole) {
            self.bytes += prefix;
            self.kept.push_back(Line { time: now, text: Vec::new(), is_whole: false });
        }
    }

    fn shrink(&mut self, prefix: usize) {
        while self.bytes > MOST_BYTES && self.kept.len() > 1 {
            if let Some(line) = self.kept.pop_front() {
                self.bytes = self.bytes.saturating_sub(line.text.len() + prefix);
                self.first += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, Place};
    use time::OffsetDateTime;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn messages(buffer: &Buffer, place: &mut Place) -> Vec<String> {
        buffer.read(place).into_iter().map(|entry| entry.message).collect()
    }

    #[test]
    fn a_line_that_comes_in_pieces_is_read_in_pieces_and_kept_as_one() {
        let buffer = Buffer::new("web");
        let mut place = Place::default();
        buffer.append(NOW, b"one\ntw");
        assert_eq!(messages(&buffer, &mut place), ["one", "tw"]);
        buffer.append(NOW, b"o\n\nthree\n");
        assert_eq!(messages(&buffer, &mut place), ["o", "", "three"]);
        assert_eq!(messages(&buffer, &mut buffer.place(Some(3))), ["two", "", "three"]);
    }

    #[test]
    fn old_lines_go_and_a_slow_reader_loses_them() {
        let buffer = Buffer::new("web");
        let mut place = Place::default();
        for _ in 0..200 {
            buffer.append(NOW, &[b'x'; 1023]);
            buffer.append(NOW, b"\n");
        }
        assert_eq!(messages(&buffer, &mut place).len(), 97);
    }

    #[test]
    fn more_lines_than_asked_for_are_marked() {
        let buffer = Buffer::new("web");
        assert_eq!(buffer.last_lines(2, "  "), "  ");
        buffer.append(NOW, b"1\n2\n3\n\n");
        assert_eq!(buffer.last_lines(2, "  "), "  (...)\n  2\n  3");
    }
}
