//! The listening socket.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use socket2::{Domain, Socket, Type};
use tokio::{net::TcpListener, time};

use crate::{
    connections::Connections,
    notes::{Failure, Notes},
};

/// The greatest number of connections that wait in the kernel.
const BACKLOG: i32 = 128;
/// The greatest number of bytes that the kernel keeps for a client that does not read, as the option of the socket counts them.
const SEND_BUFFER: usize = 256 << 10;
/// How often connections are checked: whether one has to be evicted, or takes too long.
const TICK: Duration = Duration::from_millis(100);
/// The pause after a failure to accept a connection, for example for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// A listening socket.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Listens, and returns the actual address.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot listen, for example because the port is in use.
    pub fn bind(address: SocketAddr) -> io::Result<(Self, SocketAddr)> {
        let listener = match listen(address) {
            Err(_) if address.ip() == Ipv6Addr::UNSPECIFIED && !has_ipv6() => {
                listen((Ipv4Addr::UNSPECIFIED, address.port()).into())?
            }
            result => result?,
        };
        let address = listener.local_addr()?;
        Ok((Self(listener), address))
    }

    /// Accepts connections and serves them, a limited number at a time.
    pub async fn serve(self, mut connections: Connections, notes: &Notes) -> Infallible {
        loop {
            tokio::select! {
                () = connections.closed() => {}
                accepted = self.0.accept() => match accepted {
                    Ok((stream, address)) => connections.accept(stream, address),
                    Err(error) => {
                        notes.failed(Failure::Accept, format_args!("taking a connection failed: {error}"));
                        time::sleep(PAUSE).await;
                    }
                },
                () = time::sleep(TICK), if !connections.is_empty() => {}
            }
            connections.rebalance();
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Whether this system supports IPv6, at least on the loopback.
fn has_ipv6() -> bool {
    listen((Ipv6Addr::UNSPECIFIED, 0).into()).is_ok()
}
