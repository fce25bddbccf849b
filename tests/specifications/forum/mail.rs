//! A mail server, which a forum sends its messages to.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use serde_json::json;

use super::Forum;

impl Forum {
    /// Names a mail server that answers each login with this line, and takes every message.
    #[track_caller]
    pub fn use_mail_server(&mut self, login: &'static str) {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || listener.incoming().for_each(|stream| serve(&stream.unwrap(), login)));
        self.stage.set_config_unchecked([
            ("smtp_address", json!(self.variable("DISCOURSE_DB_HOST"))),
            ("smtp_port", json!(port)),
            ("smtp_username", json!("forum")),
            ("smtp_password", json!("hunter2-mail")),
            ("smtp_enable_start_tls", json!("false")),
        ]);
    }
}

/// Answers a client until it is gone.
fn serve(mut stream: &TcpStream, login: &str) {
    let mut is_message = false;
    drop(stream.write_all(b"220 mail\r\n"));
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let answer = match line.get(..4).unwrap_or(&line) {
            "." if is_message => "250 taken",
            _ if is_message => continue,
            "EHLO" => "250-mail\r\n250 AUTH PLAIN LOGIN",
            "AUTH" => login,
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 well",
        };
        is_message = answer.starts_with("354");
        drop(write!(stream, "{answer}\r\n"));
    }
}
