//! The unit's address in the network.

use serde::Deserialize;

use crate::juju::{ToolError, Tools};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct Network {
    bind_addresses: Option<Vec<Interface>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Interface {
    addresses: Option<Vec<Address>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Address {
    value: String,
}

impl Tools {
    /// The address at which remote units of an endpoint reach this unit.
    ///
    /// *Empty*: Juju does not know it yet.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn address(&self, endpoint: &str) -> Result<Option<String>, ToolError> {
        let network: Network = self.read("network-get", &["--format=json", endpoint], "a network").await?;
        let interfaces = network.bind_addresses.unwrap_or_default().into_iter();
        let mut addresses = interfaces.flat_map(|interface| interface.addresses.unwrap_or_default());
        Ok(addresses.find(|address| !address.value.is_empty()).map(|address| address.value))
    }
}
