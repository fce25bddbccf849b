//! Checks that open a port.

use super::probe::Failure;
use crate::{errno, plan::check::TcpProbe};
use std::net::SocketAddr;
use tokio::net::{TcpStream, lookup_host};

/// Opens the port and closes it again.
///
/// # Errors
/// Why it does not open.
pub async fn run(probe: &TcpProbe) -> Result<(), Failure> {
    let host = if probe.host.is_empty() { "localhost" } else { &probe.host };
    let Ok(port) = u16::try_from(probe.port) else {
        return Err(Failure::new(format!("dial tcp: address {}: invalid port", probe.port)));
    };
    connect(host, port).await.map(drop).map_err(Failure::new)
}

/// Connects to the first address of a host that answers.
///
/// # Errors
/// The error of the first address, in the words of Go's dialler.
pub async fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let unknown = || format!("dial tcp: lookup {bare}: no such host");
    let addresses: Vec<SocketAddr> = lookup_host((bare, port)).await.map_err(|_| unknown())?.collect();
    let mut first_error = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                let text = format!("dial tcp {address}: connect: {}", errno::describe(&error));
                first_error.get_or_insert(text);
            }
        }
    }
    Err(first_error.unwrap_or_else(unknown))
}
