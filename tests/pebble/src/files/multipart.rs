//! Bodies of several parts.
//!
//! *Source*: RFC 7578 and RFC 2046, section 5.1.

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'body> {
    /// The field's name.
    pub name: String,
    /// The file's name, as it was sent.
    pub filename: String,
    /// Everything between head and boundary.
    pub content: &'body [u8],
    /// Whether the body ends before the boundary.
    pub is_cut: bool,
}

/// The parts of a body, one after the other.
pub struct Parts<'body> {
    rest: &'body [u8],
    delimiter: Vec<u8>,
    is_begun: bool,
}

impl<'body> Parts<'body> {
    /// The parts of a body between these boundaries.
    #[must_use]
    pub fn new(body: &'body [u8], boundary: &str) -> Self {
        Self { rest: body, delimiter: format!("--{boundary}").into_bytes(), is_begun: false }
    }

    /// The next part; `None` after the last.
    ///
    /// # Errors
    /// The body ends too early, or a part has no head.
    pub fn next_part(&mut self) -> Result<Option<Part<'body>>, String> {
        let end = || "multipart: NextPart: EOF".to_owned();
        if !self.is_begun {
            let start = find(self.rest, &self.delimiter).ok_or_else(end)?;
            self.rest = self.rest.get(start + self.delimiter.len()..).unwrap_or_default();
            self.is_begun = true;
        }
        if self.rest.starts_with(b"--") {
            return Ok(None);
        }
        let line_end = find(self.rest, b"\n").ok_or_else(end)?;
        let head_start = self.rest.get(line_end + 1..).unwrap_or_default();
        let (head, content) = split_head(head_start).ok_or_else(end)?;
        let separator = [b"\r\n".as_slice(), &self.delimiter].concat();
        let found = find(content, &separator).map(|length| (length, separator.len()));
        let empty = content.starts_with(&self.delimiter).then_some((0, self.delimiter.len()));
        let (length, skipped) = empty.or(found).unwrap_or((content.len(), 0));
        let (content, after) = content.split_at(length);
        self.rest = after.get(skipped..).unwrap_or_default();
        let (name, filename) = names(head);
        Ok(Some(Part { name, filename, content, is_cut: skipped == 0 }))
    }
}

/// Separates a part's head from its content at the first empty line.
fn split_head(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(content) = text.strip_prefix(b"\r\n") {
        return Some((b"", content));
    }
    let end = find(text, b"\r\n\r\n")?;
    Some((text.get(..end)?, text.get(end + 4..)?))
}

/// The names in a part's `Content-Disposition`.
fn names(head: &[u8]) -> (String, String) {
    let head = String::from_utf8_lossy(head);
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    let line = line.unwrap_or_default();
    (parameter(line, "name"), parameter(line, "filename"))
}

/// A parameter of a header such as `form-data; name="x"`; empty if there is none.
#[must_use]
pub fn parameter(header: &str, wanted: &str) -> String {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once(';') {
        let (name, value) = after.split_once('=').unwrap_or((after, ""));
        let (value, after) = read_value(value.trim_start());
        if name.trim().eq_ignore_ascii_case(wanted) {
            return value;
        }
        rest = after;
    }
    String::new()
}

/// A value, quoted or not, and what follows it.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return (value.trim().to_owned(), after);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    while let Some(at) = text.get(from..)?.iter().position(|byte| byte == first) {
        if text.get(from + at..)?.starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Parts, parameter};

    #[test]
    fn parts_keep_their_bytes_and_the_last_boundary_ends_them() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"/a \\\"x\\\"\"\r\n\r\n\r\n--bright\r\n\r\n--b--\r\n";
        let mut parts = Parts::new(body, "b");
        let part = parts.next_part().unwrap().unwrap();
        assert_eq!((part.filename.as_str(), part.content), ("/a \"x\"", b"".as_slice()));
    }

    #[test]
    fn a_body_without_its_last_boundary_ends_too_early() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{}\r\n--b\r\n";
        let mut parts = Parts::new(body, "b");
        assert_eq!(parts.next_part().unwrap().unwrap().content, b"{}");
        assert_eq!(parts.next_part(), Err("multipart: NextPart: EOF".to_owned()));
    }

    #[test]
    fn a_part_without_end_is_marked() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{}\r\n";
        let mut parts = Parts::new(body, "b");
        let part = parts.next_part().unwrap().unwrap();
        assert_eq!((part.content, part.is_cut), (b"{}\r\n".as_slice(), true));
        assert_eq!(parts.next_part(), Err("multipart: NextPart: EOF".to_owned()));
    }

    #[test]
    fn a_parameter_may_be_quoted() {
        assert_eq!(parameter("multipart/form-data; boundary=\"a;b\"; x=1", "boundary"), "a;b");
        assert_eq!(parameter("multipart/form-data; boundary=ab ; x=1", "boundary"), "ab");
    }
}
