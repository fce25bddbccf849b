//! Debian's Chromium, without a window, told by its `DevTools` protocol what to do.

use serde_json::{Value, json};
use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// How long the browser may take for an answer; it starts in a second or two.
const PATIENCE: Duration = Duration::from_mins(1);

/// A browser and the page that it shows. It ends with this program, whose end it reads.
pub struct Browser {
    input: ChildStdin,
    messages: Receiver<Value>,
    events: Vec<Value>,
    last: u64,
    session: Option<String>,
    folder: TempDir,
}

/// The program; none where it is not installed.
pub fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join("chromium")).find(|program| program.is_file())
}

impl Browser {
    /// A browser that shows nothing yet.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command(&folder).spawn().unwrap();
        let (input, messages) = (child.stdin.take().unwrap(), listen(&mut child));
        Self { input, messages, events: Vec::new(), last: 0, session: None, folder }
    }

    /// Shows a page in a tab of its own, and waits until it is drawn.
    pub fn show(&mut self, page: &str) {
        fs::write(self.file(), page).unwrap();
        (self.session, self.events) = (None, Vec::new());
        let target = self.call("Target.createTarget", &json!({"url": "about:blank"}))["targetId"].clone();
        let attached = self.call("Target.attachToTarget", &json!({"targetId": target, "flatten": true}));
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
        let size = json!({"width": 1200, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &size);
        self.call("Page.navigate", &json!({"url": self.url()}));
        self.await_true("document.readyState === 'complete' && document.querySelector('.bar') !== null");
    }

    /// What an expression of JavaScript gives.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.call("Runtime.evaluate", &json!({"expression": expression, "returnByValue": true}));
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].clone()
    }

    /// The text that a person reads in the first element of this kind.
    pub fn text(&mut self, selector: &str) -> String {
        let text = self.evaluate(&format!("document.querySelector({}).innerText", json!(selector)));
        text.as_str().unwrap().to_owned()
    }

    /// A click of the mouse on a point of an element: shares of its width and height.
    pub fn click(&mut self, element: &str, across: f64, down: f64) {
        let point = self.point(element, across, down);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": point[0], "y": point[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", &event);
        }
        self.rest();
    }

    /// The wheel is turned over the middle of an element.
    pub fn turn_wheel(&mut self, selector: &str, by: f64) {
        let point = self.point(&format!("document.querySelector({})", json!(selector)), 0.5, 0.5);
        let event = json!({"type": "mouseWheel", "x": point[0], "y": point[1], "deltaX": 0, "deltaY": by});
        self.call("Input.dispatchMouseEvent", &event);
        self.rest();
    }

    /// A key is struck.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", &json!({"type": kind, "key": key}));
        }
        self.rest();
    }

    /// Text is typed into an element that has the focus.
    pub fn type_into(&mut self, selector: &str, text: &str) {
        self.evaluate(&format!("document.querySelector({}).focus()", json!(selector)));
        self.call("Input.insertText", &json!({"text": text}));
        self.rest();
    }

    /// What the page asked of a network, and what went wrong in it.
    pub fn complaints(&mut self) -> Vec<String> {
        self.rest();
        let own = self.url();
        let complaint = |event: &Value| match event["method"].as_str()? {
            "Runtime.exceptionThrown" | "Log.entryAdded" => Some(event["params"].to_string()),
            "Network.requestWillBeSent" => {
                let url = event["params"]["request"]["url"].as_str()?;
                (url != own).then(|| format!("asked for {url}"))
            }
            _ => None,
        };
        self.events.iter().filter_map(complaint).collect()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("page.html")
    }

    fn url(&self) -> String {
        format!("file://{}", self.file().display())
    }

    fn point(&mut self, element: &str, across: f64, down: f64) -> Value {
        let box_of = format!("const box = ({element}).getBoundingClientRect()");
        let point = format!("[box.x + box.width * {across}, box.y + box.height * {down}]");
        self.evaluate(&format!("(() => {{ {box_of}; return {point}; }})()"))
    }

    /// The page has drawn what it had to.
    fn rest(&mut self) {
        let script =
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))";
        self.call("Runtime.evaluate", &json!({"expression": script, "awaitPromise": true}));
    }

    fn await_true(&mut self, expression: &str) {
        for _ in 0..600 {
            if self.evaluate(expression) == json!(true) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("not true: {expression}; {:#?}", self.complaints());
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.messages.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no answer to {method}"));
            if answer["id"] == json!(self.last) {
                assert_eq!(answer["error"], Value::Null, "{method}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }
}

/// The protocol runs over the file descriptors 3 and 4, which a shell makes of standard input and output.
fn command(folder: &TempDir) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, "sh"]).arg(program().unwrap());
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"]);
    command.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
    command.env("HOME", folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Each message ends with a zero byte.
fn listen(child: &mut Child) -> Receiver<Value> {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut message = Vec::new();
        while matches!(output.read_until(0, &mut message), Ok(1..)) {
            message.pop();
            if sender.send(serde_json::from_slice(&message).unwrap_or_default()).is_err() {
                return;
            }
            message.clear();
        }
    });
    receiver
}
