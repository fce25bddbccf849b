//! The network that the pods and the remote applications of one stage share.

use super::{Addresses, IpStack, ProgramError, SandboxError, run};
use clock::Clock;
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, UdpSocket},
    path::Path,
    process::Command,
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

/// How long the kernel may take to answer at a new address.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(1);

/// Where the search for a free number begins; several processes may share a sandbox.
static NEXT: AtomicU8 = AtomicU8::new(0);

/// A bridge of this network namespace; `10.<number>.0.0/16` and `fd77:<number>::/64` are its subnets.
#[derive(Debug)]
pub(crate) struct Bridge {
    number: u8,
    stack: IpStack,
}

impl Bridge {
    pub(crate) fn new(stack: IpStack) -> Result<Self, SandboxError> {
        for _ in 0..u8::MAX {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            if number != 0 && Self::is_new(number)? {
                let bridge = Self { number, stack };
                let name = bridge.name();
                // By itself it would change its address with every pod that goes, and others would miss it for a minute.
                ip(&format!("link set {name} address 02:00:00:00:00:{number:02x}\nlink set {name} up\n"))?;
                bridge.own(bridge.addresses(1))?;
                return Ok(bridge);
            }
        }
        Err(SandboxError::Exhausted("bridges"))
    }

    fn is_new(number: u8) -> Result<bool, ProgramError> {
        match ip(&format!("link add stage{number} type bridge\n")) {
            Ok(()) => Ok(true),
            Err(ProgramError::Failed { message, .. }) if message.contains("exists") => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn name(&self) -> String {
        format!("stage{}", self.number)
    }

    pub(crate) fn addresses(&self, host: u16) -> Addresses {
        let [high, low] = host.to_be_bytes();
        Addresses {
            v4: Ipv4Addr::new(10, self.number, high, low),
            v6: Ipv6Addr::new(0xfd77, self.number.into(), 0, 0, 0, 0, 0, host),
            host,
            stack: self.stack,
        }
    }

    /// Makes this side of the bridge answer at the addresses.
    pub(crate) fn own(&self, addresses: Addresses) -> Result<(), ProgramError> {
        ip(&assignment(addresses, &self.name()))?;
        // The kernel makes the route of an IPv6 address a moment later; until then, packets to it are lost for seconds.
        for _ in 0..ADDRESS_TIMEOUT.as_millis() {
            if !knows_ipv6() || answers(addresses.v6).is_ok() {
                break;
            }
            Clock::real().pause(Duration::from_millis(1));
        }
        Ok(())
    }

    /// The name of the near end of a pod's cable.
    pub(crate) fn port(&self, addresses: Addresses) -> String {
        format!("s{}p{}", self.number, addresses.host)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // A bridge that stays goes with the namespace.
        let _ = ip(&format!("link del {}\n", self.name()));
    }
}

/// The lines of `ip -batch` that give a device its addresses.
pub(crate) fn assignment(addresses: Addresses, device: &str) -> String {
    let Addresses { v4, v6, stack, .. } = addresses;
    let v4 = (stack == IpStack::Dual).then(|| format!("addr add {v4}/16 dev {device}\n"));
    let v6 = knows_ipv6().then(|| format!("addr add {v6}/64 dev {device} nodad\n"));
    [v4, v6].into_iter().flatten().collect()
}

/// Kernels can be built or started without it.
fn knows_ipv6() -> bool {
    Path::new("/proc/sys/net/ipv6").exists()
}

/// Whether a packet to the address comes back to this machine.
fn answers(address: Ipv6Addr) -> io::Result<()> {
    let socket = UdpSocket::bind((address, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(2)))?;
    socket.send_to(b"?", socket.local_addr()?)?;
    socket.recv(&mut [0]).map(drop)
}

/// Runs the lines in one process.
pub(crate) fn ip(lines: &str) -> Result<(), ProgramError> {
    run(Command::new("ip").args(["-batch", "-"]), lines).map(drop)
}
