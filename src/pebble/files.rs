//! Files in the container.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use futures_util::stream;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::json;

use crate::pebble::{
    Pebble, PebbleError,
    transport::{Answer, READ, Request, WRITE, open, value},
};

/// The only media type in which Pebble answers a read, and the only one that it accepts in the request.
const FORM: &str = "multipart/form-data";

/// Time to read all files of one request.
const FILES: Duration = Duration::from_secs(30);

/// The failure of an operation on one path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct PathError {
    /// Its kind.
    #[serde(default)]
    pub kind: PathErrorKind,
    /// Pebble's message.
    #[serde(default)]
    pub message: String,
}

/// The kinds of failures of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathErrorKind {
    /// The path does not exist.
    NotFound,
    /// Pebble has no permission.
    PermissionDenied,
    /// Any other failure.
    #[default]
    #[serde(other, rename = "generic-file-error")]
    Generic,
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FileEntry {
    /// Its whole path.
    pub path: String,
    /// Its name in the directory.
    #[serde(default)]
    pub name: String,
    #[serde(rename = "type")]
    kind: String,
    /// *Units*: bytes; *Empty*: it is no regular file.
    #[serde(default)]
    pub size: u64,
    /// When it was changed, in RFC 3339.
    #[serde(default)]
    pub last_modified: Option<String>,
}

/// The result for one path.
#[derive(Deserialize)]
struct PathResult {
    path: String,
    #[serde(default)]
    error: Option<PathError>,
}

impl Pebble {
    /// Reads whole files in one request; each path has a result of its own.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails; [`PebbleError::Protocol`] if the files exceed 16 MiB together.
    pub async fn read_files(
        &self,
        paths: &[&str],
    ) -> Result<BTreeMap<String, Result<Vec<u8>, PathError>>, PebbleError> {
        let request = Request::get("/v1/files", FILES).accepting(FORM).with("action", "read");
        let request = paths.iter().fold(request, |request, path| request.with("path", path));
        let name = request.name();
        let answer = self.send(request).await?;
        parse(&name, answer).await
    }

    /// Reads a file of a directory if it is a regular one, no link, and has no more bytes than the limit.
    ///
    /// *Empty*: it does not exist, or is anything else, which is not opened; what is put in its place just then is, and its size is
    /// bounded as that of every answer.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if a request fails.
    pub async fn read_small_file(&self, dir: &str, name: &str, limit: usize) -> Result<Option<Vec<u8>>, PebbleError> {
        let entries = self.list_matching(dir, name).await?;
        let is_small = |entry: &FileEntry| usize::try_from(entry.size).is_ok_and(|size| size <= limit);
        let Some(entry) = entries.into_iter().find(is_small) else { return Ok(None) };
        let content = self.read_files(&[entry.path.as_str()]).await?.remove(&entry.path).and_then(Result::ok);
        // It may have grown since.
        Ok(content.filter(|content| content.len() <= limit))
    }

    /// The regular files of a directory, in no particular order.
    ///
    /// *Empty*: also if there is no such directory.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails.
    pub async fn list_files(&self, dir: &str) -> Result<Vec<FileEntry>, PebbleError> {
        self.list_matching(dir, "*").await
    }

    async fn list_matching(&self, dir: &str, pattern: &str) -> Result<Vec<FileEntry>, PebbleError> {
        let listing = Request::get("/v1/files", READ).with("action", "list").with("path", dir).with("pattern", pattern);
        let mut entries: Vec<FileEntry> = match self.list(listing, "a list of files").await {
            Err(error) if error.is_not_found() => Vec::new(),
            entries => entries?,
        };
        entries.retain(|entry| entry.kind == "file");
        Ok(entries)
    }

    /// Creates a directory and its parents for a user; an existing one is left as it is.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails; [`PebbleError::Api`] if Pebble cannot create the directory.
    pub async fn make_dir(&self, path: &str, user: &str, group: &str) -> Result<(), PebbleError> {
        let dir = json!({"path": path, "make-parents": true, "permissions": "755", "user": user, "group": group});
        self.change_path(Request::post("/v1/files", json!({"action": "make-dirs", "dirs": [dir]}), WRITE)).await
    }

    /// Writes a file that only its owner can read, and creates its directory; an existing file is replaced atomically.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails; [`PebbleError::Api`] if Pebble cannot write the file.
    pub async fn write_file(&self, path: &str, content: &str, user: &str) -> Result<(), PebbleError> {
        let file = json!({"path": path, "make-dirs": true, "permissions": "600", "user": user, "group": user});
        let request = Part::text(json!({"action": "write", "files": [file]}).to_string());
        let content = Part::text(content.to_owned()).file_name(path.to_owned());
        let form = Form::new().part("request", request).part("files", content);
        self.change_path(Request::form("/v1/files", form, WRITE)).await
    }

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails; [`PebbleError::Api`] if the file does not exist or Pebble cannot remove it.
    pub async fn remove_file(&self, path: &str) -> Result<(), PebbleError> {
        let body = json!({"action": "remove", "paths": [{"path": path}]});
        self.change_path(Request::post("/v1/files", body, WRITE)).await
    }

    /// Changes one path. Pebble answers with status 200 even if it cannot.
    async fn change_path(&self, request: Request) -> Result<(), PebbleError> {
        let name = request.name();
        let results: Vec<PathResult> = self.list(request, "a list of paths").await?;
        match results.into_iter().find_map(|result| result.error) {
            None => Ok(()),
            Some(PathError { message, .. }) => {
                Err(PebbleError::Api { request: name, status: 200, kind: None, message })
            }
        }
    }
}

/// Parses a multipart answer: the files that could be read, then the result for each path.
async fn parse(name: &str, answer: Answer) -> Result<BTreeMap<String, Result<Vec<u8>, PathError>>, PebbleError> {
    let Ok(boundary) = multer::parse_boundary(&answer.content_type) else {
        // A request that is rejected as a whole is answered in the JSON envelope.
        open(name, answer.status, &answer.body)?;
        return Err(PebbleError::protocol(name, "the answer is not multipart"));
    };
    let (mut contents, results) = split(answer.body, boundary)
        .await
        .map_err(|error| PebbleError::protocol(name, format!("the parts of the answer cannot be parsed: {error}")))?;
    let results = results.ok_or_else(|| PebbleError::protocol(name, "the answer has no part with the results"))?;
    let results: Vec<PathResult> = value(name, open(name, answer.status, &results)?.result, "a list of files")?;
    let outcomes = results.into_iter().map(|PathResult { path, error }| match (error, contents.remove(&path)) {
        (Some(error), _) => Ok((path, Err(error))),
        (None, Some(content)) => Ok((path, Ok(content))),
        (None, None) => Err(PebbleError::protocol(name, format!("the answer lacks the file {path}"))),
    });
    outcomes.collect()
}

/// The contents by path, and the part with the results.
type Parts = (BTreeMap<String, Vec<u8>>, Option<Vec<u8>>);

async fn split(body: Vec<u8>, boundary: String) -> Result<Parts, multer::Error> {
    let whole = stream::iter([Ok::<_, Infallible>(body)]);
    let mut form = multer::Multipart::new(whole, boundary);
    let (mut contents, mut results) = (BTreeMap::new(), None);
    while let Some(field) = form.next_field().await? {
        let path = field.file_name().map(str::to_owned);
        let is_results = field.name() == Some("response");
        let bytes = field.bytes().await?.to_vec();
        match path {
            _ if is_results => results = Some(bytes),
            Some(path) => drop(contents.insert(path, bytes)),
            None => {}
        }
    }
    Ok((contents, results))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(parts: &[&str]) -> Answer {
        let heads = parts.iter().map(|part| format!("--bnd\r\nContent-Disposition: form-data; {part}\r\n"));
        let body = heads.chain(["--bnd--\r\n".to_owned()]).collect::<String>().into_bytes();
        Answer { status: 200, content_type: "multipart/form-data; boundary=bnd".to_owned(), body }
    }

    async fn parsed(answer: Answer) -> Result<BTreeMap<String, Result<Vec<u8>, PathError>>, String> {
        parse("GET /v1/files", answer).await.map_err(|error| error.to_string())
    }

    #[tokio::test(flavor = "current_thread")]
    async fn each_path_has_its_own_result() {
        let file = "name=\"files\"; filename=\"/a\\\"b\"\r\nContent-Type: application/octet-stream\r\n\r\none\n";
        let results = r#"{"type":"sync","result":[{"path":"/a\"b"},{"path":"/c","error":{"message":"stat /c: none","kind":"not-found"}}]}"#;
        let files = parsed(answer(&[file, &format!("name=\"response\"\r\n\r\n{results}")])).await;
        let missing = PathError { kind: PathErrorKind::NotFound, message: "stat /c: none".to_owned() };
        let expected = BTreeMap::from([("/a\"b".to_owned(), Ok(b"one\n".to_vec())), ("/c".to_owned(), Err(missing))]);
        assert_eq!(files, Ok(expected));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_answer_that_lacks_a_part_is_reported() {
        let results = "name=\"response\"\r\n\r\n{\"type\":\"sync\",\"result\":[{\"path\":\"/a\"}]}";
        assert_eq!(parsed(answer(&[results])).await, Err("GET /v1/files: the answer lacks the file /a".to_owned()));
        assert_eq!(parsed(answer(&[])).await, Err("GET /v1/files: the answer has no part with the results".to_owned()));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn an_unknown_kind_of_failure_is_generic() {
        let results = r#"{"type":"sync","result":[{"path":"/c","error":{"message":"m","kind":"new"}}]}"#;
        let files = parsed(answer(&[&format!("name=\"response\"\r\n\r\n{results}")])).await;
        let error = PathError { kind: PathErrorKind::Generic, message: "m".to_owned() };
        assert_eq!(files, Ok(BTreeMap::from([("/c".to_owned(), Err(error))])));
    }
}
