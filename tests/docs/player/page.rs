//! A page as a sequence of blocks, with what its comments say of them.

use std::{fs, io, path::Path};

/// A page, from its beginning to its end.
pub struct Page {
    /// Its path from the top of the project.
    pub name: String,
    /// What matters to the player.
    pub parts: Vec<Part>,
}

/// Something on a page.
pub enum Part {
    /// The commands below start from this state.
    Scene(usize, String),
    /// What the scene above leaves the application in.
    Ends(String),
    /// A block between fences.
    Block(Block),
    /// Something that the page must not have.
    Mistake(usize, String),
}

/// A block between fences.
#[derive(Default)]
pub struct Block {
    /// The line of the fence, from 1.
    pub line: usize,
    /// What stands behind the fence.
    pub language: String,
    /// The lines, without the indentation of the fence.
    pub lines: Vec<String>,
    /// Why it is not played.
    pub not_played: Option<String>,
    /// The `text` block directly after it.
    pub output: Option<Vec<String>>,
}

/// What is known while a page is read.
#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    block: Option<(Block, String)>,
    /// The fences of directives around, whose contents are Markdown again.
    directives: Vec<String>,
    reason: Option<String>,
    /// Whether nothing but blank lines followed the last block.
    is_adjacent: bool,
}

impl Page {
    /// Reads one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(top: &Path, name: &str) -> io::Result<Self> {
        Ok(Self::of(name, &fs::read_to_string(top.join(name))?))
    }

    /// A page with this text.
    pub fn of(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), parts: parts(text) }
    }

    /// The blocks that are not played, each with its place and the reason.
    pub fn unplayed(&self) -> impl Iterator<Item = String> {
        let blocks =
            self.parts.iter().filter_map(|part| if let Part::Block(block) = part { Some(block) } else { None });
        let unplayed = blocks.filter_map(|block| block.not_played.as_ref().map(|reason| (block.line, reason)));
        unplayed.map(|(line, reason)| format!("{}:{line}: {reason}", self.name))
    }
}

/// What matters in a text.
fn parts(text: &str) -> Vec<Part> {
    let mut reader = Reader::default();
    for (number, line) in text.lines().enumerate() {
        reader.line(number + 1, line);
    }
    if let Some((block, _)) = reader.block {
        reader.parts.push(Part::Mistake(block.line, "the block has no end".to_owned()));
    }
    reader.parts
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        let text = line.trim();
        match self.block.take() {
            Some((block, fence)) if is_end(text, &fence) => self.end(block),
            Some((mut block, fence)) => {
                let indentation = fence.len() - fence.trim_start().len();
                let is_blank = |rest: &str| rest.trim().is_empty();
                let inside = line.get(indentation..).filter(|_| line.get(..indentation).is_none_or(is_blank));
                block.lines.push(inside.unwrap_or(text).to_owned());
                self.block = Some((block, fence));
            }
            None if text.starts_with("```") => self.fence(number, line),
            None if text.is_empty() => {}
            None => self.prose(number, text),
        }
    }

    fn fence(&mut self, number: usize, line: &str) {
        let text = line.trim();
        let language = text.trim_start_matches('`').trim().to_owned();
        let length = line.len() - line.trim_start().len() + text.len() - text.trim_start_matches('`').len();
        let fence = line.get(..length).unwrap_or(line).to_owned();
        match language.strip_prefix('{').and_then(|directive| directive.split_once('}')) {
            Some(("code-block", language)) => self.begin(number, language.trim(), fence),
            Some(_) => self.directives.push(fence),
            None if language.is_empty() && self.directives.last().is_some_and(|open| is_end(text, open)) => {
                self.directives.pop();
            }
            None if language.is_empty() => {
                self.parts.push(Part::Mistake(number, "the block names no language".to_owned()));
                self.begin(number, "text", fence);
            }
            None => self.begin(number, &language, fence),
        }
    }

    fn begin(&mut self, line: usize, language: &str, fence: String) {
        let not_played = self.reason.take();
        if not_played.is_some() && language != "console" {
            self.parts.push(Part::Mistake(line, "only a console block can be left unplayed".to_owned()));
        }
        let block = Block { line, language: language.to_owned(), not_played, ..Block::default() };
        self.block = Some((block, fence));
    }

    fn end(&mut self, block: Block) {
        let is_adjacent = std::mem::replace(&mut self.is_adjacent, true);
        match self.parts.last_mut() {
            Some(Part::Block(before)) if is_adjacent && block.language == "text" && before.language == "console" => {
                before.output = Some(block.lines);
            }
            _ => self.parts.push(Part::Block(block)),
        }
    }

    fn prose(&mut self, number: usize, text: &str) {
        self.is_adjacent = false;
        let comment = text.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        let said = comment.and_then(|comment| comment.split_once(':')).map(|(key, value)| (key.trim(), value.trim()));
        match said {
            Some(("scene", name)) => self.parts.push(Part::Scene(number, name.to_owned())),
            Some(("ends", status)) => self.parts.push(Part::Ends(status.to_owned())),
            Some(("not played", reason)) => self.reason = Some(reason.to_owned()),
            _ if text.trim_start_matches("$ ").starts_with("juju ") => {
                self.parts.push(Part::Mistake(number, "a command stands outside of a console block".to_owned()));
            }
            _ => {
                if self.reason.take().is_some() {
                    self.parts.push(Part::Mistake(number, "the comment above stands before no block".to_owned()));
                }
            }
        }
    }
}

/// Whether a line ends what a fence has begun: at least as many backquotes, and nothing else.
fn is_end(text: &str, fence: &str) -> bool {
    text.starts_with(fence.trim_start()) && text.chars().all(|c| c == '`')
}
