//! The network that the pods and the remote applications of one stage share.

use super::{Addresses, ProgramError, SandboxError, run};
use std::{
    net::{Ipv4Addr, Ipv6Addr},
    process::Command,
    sync::atomic::{AtomicU8, Ordering},
};

/// Where the search for a free number begins; several processes may share a sandbox.
static NEXT: AtomicU8 = AtomicU8::new(0);

/// A bridge of this network namespace; `10.<number>.0.0/16` and `fd77:<number>::/64` are its subnets.
#[derive(Debug)]
pub(crate) struct Bridge {
    number: u8,
}

impl Bridge {
    pub(crate) fn new() -> Result<Self, SandboxError> {
        for _ in 0..u8::MAX {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            if number != 0 && Self::is_new(number)? {
                let bridge = Self { number };
                let name = bridge.name();
                ip(&format!("link set {name} up\n"))?;
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
        }
    }

    /// Makes this side of the bridge answer at the addresses.
    pub(crate) fn own(&self, addresses: Addresses) -> Result<(), ProgramError> {
        ip(&assignment(addresses, &self.name()))
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
    let Addresses { v4, v6, .. } = addresses;
    format!("addr add {v4}/16 dev {device}\naddr add {v6}/64 dev {device} nodad\n")
}

/// Runs the lines in one process.
pub(crate) fn ip(lines: &str) -> Result<(), ProgramError> {
    run(Command::new("ip").args(["-batch", "-"]), lines).map(drop)
}
