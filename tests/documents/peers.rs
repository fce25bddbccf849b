//! The keys by which the units tell each other what they know.

use discourse_k8s::{
    fleet::{BARRIER, SECRET_KEY, STATUS},
    relations::{
        Databag,
        restart::{LEAVING, Memory, ROTATION},
    },
};

use crate::page::text;

#[test]
fn the_page_of_several_units_names_every_key_of_their_databags() {
    let page = text("docs/explanation/several-units.md");
    let written = everything().changes(&Databag::new()).into_keys();
    let others = [LEAVING, BARRIER, SECRET_KEY, STATUS, ROTATION].map(str::to_owned);
    let missing: Vec<_> = written.chain(others).filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/explanation/several-units.md does not name {missing:?}");
}

/// A unit that has everything to remember.
fn everything() -> Memory {
    let some = || Some("a".to_owned());
    Memory {
        image: some(),
        schema: some(),
        migrated: some(),
        port: some(),
        version: some(),
        assets: some(),
        attempt: some(),
        warnings: some(),
        ack: some(),
        preflight: some(),
        rotation: some(),
        restart: some(),
        restore: some(),
        restore_ack: some(),
        has_served: true,
        asks: true,
        is_leaving: true,
        status: some(),
    }
}
