//! The socket behind the tools: one call at a time, whatever the number of callers.

use super::{Answer, Invocation, Session, registry};
use crate::{
    faults::{Faults, KillPoint, Killer, Outcome},
    hook::ToolCall,
};
use nix::{sys::signal, unistd::Pid};
use std::{
    io::{self, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};
use time::OffsetDateTime;

/// The answer code that asks the tool for its standard input.
pub const WANTS_STDIN: i32 = -1;
/// The answer code that tells the tool to die by a signal.
pub const DIE: i32 = -2;

/// What the callers of one hook share.
pub struct Desk<'a> {
    /// The hook's view of the model.
    pub session: Session<'a>,
    /// What goes wrong.
    pub faults: &'a mut Faults,
    /// Calls so far.
    pub calls: Vec<ToolCall>,
    /// The process of `dispatch`, once it runs.
    pub dispatch: Option<Pid>,
    /// Whether an operator cancelled the action that runs.
    pub is_cancelled: bool,
    /// The id that every caller must know.
    pub context_id: String,
}

impl Desk<'_> {
    /// Counts an event, and kills `dispatch` if a fault is due; returns whether it did.
    pub fn count(&mut self, point: KillPoint) -> bool {
        let Some(kill) = self.faults.strike_kill(point) else { return false };
        self.is_cancelled |= kill.killer == Killer::Operator;
        match (self.dispatch, signal::Signal::try_from(kill.signal)) {
            (Some(pid), Ok(signal)) => signal::kill(pid, signal).is_ok(),
            _ => false,
        }
    }
}

/// Locks the desk; a caller that panicked does not stop the others.
pub fn lock<'m, 'a>(desk: &'m Mutex<Desk<'a>>) -> MutexGuard<'m, Desk<'a>> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves callers until `closed`; a last connection must wake it then.
pub fn serve<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    listener: UnixListener,
    desk: &'scope Mutex<Desk<'_>>,
    closed: &'scope AtomicBool,
) {
    scope.spawn(move || {
        for caller in listener.incoming() {
            if closed.load(Ordering::SeqCst) {
                return;
            }
            if let Ok(caller) = caller {
                scope.spawn(move || answer_caller(caller, desk));
            }
        }
    });
}

/// A caller that goes away early needs no answer.
fn answer_caller(mut caller: UnixStream, desk: &Mutex<Desk<'_>>) {
    let began = Instant::now();
    let delay = lock(desk).faults.tool_delay;
    thread::sleep(delay.saturating_sub(began.elapsed()));
    let Ok(request) = read_frame(&mut caller) else { return };
    let mut words = request.into_iter().map(|word| String::from_utf8_lossy(&word).into_owned());
    let (Some(context_id), Some(dir)) = (words.next(), words.next()) else { return };
    let mut invocation = Invocation { argv: words.collect(), stdin: None, dir: PathBuf::from(dir) };
    let answer = first_try(desk, &context_id, &invocation);
    let answer = answer.or_else(|| second_try(desk, &mut caller, &mut invocation));
    let Some(answer) = answer else { return };
    if lock(desk).count(KillPoint::Tool) {
        return;
    }
    let _ = write_answer(&mut caller, &answer);
}

/// The first round, or the only one; `None` if the tool wants its standard input.
fn first_try(desk: &Mutex<Desk<'_>>, context_id: &str, invocation: &Invocation) -> Option<Answer> {
    let expected = lock(desk).context_id.clone();
    if context_id != expected {
        let stderr = format!("ERROR bad request: expected context id {expected:?}, got {context_id:?}\n");
        return Some(Answer { code: 1, stderr, ..Answer::default() });
    }
    let outcome = lock(desk).faults.strike_call(&invocation.argv);
    if let Some(outcome) = outcome {
        return Some(finish(desk, invocation, Some(outcome)));
    }
    let mut desk = lock(desk);
    let began = Instant::now();
    let answer = registry::call(&mut desk.session, invocation)?;
    note(&mut desk, invocation, &answer, began);
    Some(answer)
}

/// The round after standard input was asked for; `None` if the caller went away instead.
fn second_try(desk: &Mutex<Desk<'_>>, caller: &mut UnixStream, invocation: &mut Invocation) -> Option<Answer> {
    write_answer(caller, &Answer { code: WANTS_STDIN, ..Answer::default() }).ok()?;
    invocation.stdin = read_frame(caller).ok()?.pop();
    Some(finish(desk, invocation, None))
}

fn finish(desk: &Mutex<Desk<'_>>, invocation: &Invocation, outcome: Option<Outcome>) -> Answer {
    let mut desk = lock(desk);
    let began = Instant::now();
    let answer = match outcome {
        Some(Outcome::Fail(code, message)) => {
            Answer { code, stdout: String::new(), stderr: format!("ERROR {message}\n") }
        }
        Some(Outcome::Print(stdout)) => Answer { stdout, ..Answer::default() },
        Some(Outcome::Die) => Answer { code: DIE, ..Answer::default() },
        None => registry::call(&mut desk.session, invocation).unwrap_or_default(),
    };
    note(&mut desk, invocation, &answer, began);
    answer
}

fn note(desk: &mut Desk<'_>, invocation: &Invocation, answer: &Answer, began: Instant) {
    desk.calls.push(ToolCall {
        argv: invocation.argv.clone(),
        stdin: invocation.stdin.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
        exit: answer.code,
        stdout: answer.stdout.clone(),
        stderr: answer.stderr.clone(),
        began: OffsetDateTime::now_utc() - began.elapsed(),
        millis: began.elapsed().as_secs_f64() * 1000.0,
    });
}

/// A frame is a number of texts, then each with its length; all numbers are 32 bits, little end first.
fn read_frame(stream: &mut UnixStream) -> io::Result<Vec<Vec<u8>>> {
    let count = read_number(stream)?;
    (0..count).map(|_| read_text(stream)).collect()
}

fn read_text(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let length = u64::from(read_number(stream)?);
    let mut text = Vec::new();
    stream.take(length).read_to_end(&mut text)?;
    if text.len() as u64 == length { Ok(text) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn read_number(stream: &mut UnixStream) -> io::Result<u32> {
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn write_answer(stream: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    let mut bytes = answer.code.to_le_bytes().to_vec();
    for text in [&answer.stdout, &answer.stderr] {
        bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    stream.write_all(&bytes)
}
