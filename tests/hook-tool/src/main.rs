//! Every hook tool: a link with the tool's name leads here, and the stage's agent does the work.
//!
//! It sends its name, arguments and working directory over the agent's socket, and prints the answer.

use std::{
    env,
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    process::ExitCode,
};

const WANTS_STDIN: i32 = -1;
const DIE: i32 = -2;

fn main() -> ExitCode {
    match call() {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(message) => {
            let _ = writeln!(io::stderr(), "ERROR {message}");
            ExitCode::FAILURE
        }
    }
}

fn call() -> Result<i32, String> {
    let context_id = variable("JUJU_CONTEXT_ID")?;
    let socket = variable("JUJU_AGENT_SOCKET_ADDRESS")?;
    let dir = env::current_dir().map_err(|cause| cause.to_string())?.to_string_lossy().into_owned();
    let mut words = vec![context_id.into_bytes(), dir.into_bytes()];
    words.extend(env::args_os().enumerate().map(|(place, word)| match place {
        0 => Path::new(&word).file_name().unwrap_or_default().as_encoded_bytes().to_vec(),
        _ => word.into_encoded_bytes(),
    }));
    let dialled = UnixStream::connect(&socket);
    let mut agent = dialled.map_err(|cause| format!("dial unix {socket}: {cause}"))?;
    converse(&mut agent, &words).map_err(|cause| format!("talking to the agent: {cause}"))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| format!("{name} not set"))
}

fn converse(agent: &mut UnixStream, words: &[Vec<u8>]) -> io::Result<i32> {
    write_frame(agent, words)?;
    let mut code = print_answer(agent)?;
    if code == WANTS_STDIN {
        let mut input = Vec::new();
        io::stdin().read_to_end(&mut input)?;
        write_frame(agent, &[input])?;
        code = print_answer(agent)?;
    }
    if code == DIE {
        std::process::abort();
    }
    Ok(code)
}

fn write_frame(agent: &mut UnixStream, texts: &[Vec<u8>]) -> io::Result<()> {
    let mut bytes = length(texts.len());
    for text in texts {
        bytes.extend(length(text.len()));
        bytes.extend(text);
    }
    agent.write_all(&bytes)
}

fn length(number: usize) -> Vec<u8> {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes().to_vec()
}

fn print_answer(agent: &mut UnixStream) -> io::Result<i32> {
    let code = i32::from_le_bytes(read_four(agent)?);
    let stdout = read_text(agent)?;
    let stderr = read_text(agent)?;
    io::stdout().write_all(&stdout)?;
    io::stderr().write_all(&stderr)?;
    Ok(code)
}

fn read_text(agent: &mut UnixStream) -> io::Result<Vec<u8>> {
    let length = u32::from_le_bytes(read_four(agent)?);
    let mut text = Vec::new();
    agent.take(u64::from(length)).read_to_end(&mut text)?;
    Ok(text)
}

fn read_four(agent: &mut UnixStream) -> io::Result<[u8; 4]> {
    let mut bytes = [0; 4];
    agent.read_exact(&mut bytes)?;
    Ok(bytes)
}
