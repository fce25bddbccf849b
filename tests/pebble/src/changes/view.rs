//! Changes and tasks as clients see them.

use super::{Change, Changes, Status, Task};
use crate::timestamp;
use serde_json::{Map, Value, json};
use std::fmt::Write;

impl Changes {
    /// A change with its tasks; `None` if there is none with this number.
    #[must_use]
    pub fn view(&self, id: u64) -> Option<Value> {
        let change = self.changes.get(&id)?;
        let status = self.status(id);
        let mut view = Map::new();
        view.insert("id".to_owned(), json!(change.id.to_string()));
        view.insert("kind".to_owned(), json!(change.kind));
        view.insert("summary".to_owned(), json!(change.summary));
        view.insert("status".to_owned(), json!(status.to_string()));
        if !change.tasks.is_empty() {
            view.insert("tasks".to_owned(), self.tasks_of(id).map(task).collect());
        }
        view.insert("ready".to_owned(), json!(status.is_ready()));
        if let Some(error) = self.error(change) {
            view.insert("err".to_owned(), json!(error));
        }
        view.insert("spawn-time".to_owned(), json!(timestamp::format(change.spawned)));
        if let Some(time) = change.readied {
            view.insert("ready-time".to_owned(), json!(timestamp::format(time)));
        }
        Some(Value::Object(view))
    }

    /// Why a change failed: every error that its failed tasks logged.
    #[must_use]
    pub fn error(&self, change: &Change) -> Option<String> {
        if self.status(change.id) != Status::Error {
            return None;
        }
        let mut text = "cannot perform the following tasks:".to_owned();
        for task in self.tasks_of(change.id).filter(|task| task.status == Status::Error) {
            for error in task.log.iter().filter_map(|entry| entry.split_once(" ERROR ")) {
                if !error.0.contains(' ') {
                    let _ = write!(text, "\n- {} ({})", task.summary, error.1);
                }
            }
        }
        Some(text)
    }
}

fn task(task: &Task) -> Value {
    let mut view = Map::new();
    view.insert("id".to_owned(), json!(task.id.to_string()));
    view.insert("kind".to_owned(), json!(task.work.kind()));
    view.insert("summary".to_owned(), json!(task.summary));
    view.insert("status".to_owned(), json!(task.status.to_string()));
    if !task.log.is_empty() {
        view.insert("log".to_owned(), json!(task.log));
    }
    let done = i32::from(task.status != Status::Do);
    view.insert("progress".to_owned(), json!({"label": "", "done": done, "total": 1}));
    view.insert("spawn-time".to_owned(), json!(timestamp::format(task.spawned)));
    if let Some(time) = task.readied {
        view.insert("ready-time".to_owned(), json!(timestamp::format(time)));
    }
    if let Some(code) = task.exit_code {
        view.insert("data".to_owned(), json!({"exit-code": code}));
    }
    Value::Object(view)
}
