//! `rotate-secret-key`: another key for sessions, which all units follow together.

use crate::{
    apply,
    fleet::SECRET_KEY,
    juju::{RelationId, Target},
    relations::{Changes, restart::ROTATION},
};

use super::{Action, Failure, Results, Scene};

/// The action.
pub(super) const ACTION: Action = Action {
    name: "rotate-secret-key",
    done: "the secret key is rotated, and all units restart",
    perform: |scene| Box::pin(perform(scene)),
};

/// The databag is written before the secret: a count without another key restarts nothing, but a key without a count would come only
/// to pods that start later.
async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let peers = scene.peers()?;
    scene.confirm()?;
    let tools = scene.clients.tools;
    let (id, number) = kept(scene)?;
    let no_random = || Failure("this machine gives no random bytes for a key; try again".to_owned());
    let key = apply::generate_secret_key().ok_or_else(no_random)?;
    let mut changes = Changes::from([(ROTATION.to_owned(), number.to_string())]);
    if apply::kept_secret_key(tools, Some(&id)).await?.is_some() {
        tools.relation_set(&peers, Target::App, &changes).await?;
        tools.secret_set(&id, &key).await?;
    } else {
        changes.insert(SECRET_KEY.to_owned(), apply::add_secret_key(tools, &key).await?);
        tools.relation_set(&peers, Target::App, &changes).await?;
    }
    Ok(vec![
        ("status", "rotated".to_owned()),
        ("sessions", "everybody is logged out".to_owned()),
        ("requests", "fail while all units restart together, until one of them serves again".to_owned()),
    ])
}

/// The id of the secret, and the number of this rotation.
fn kept(scene: &Scene<'_>) -> Result<(String, u64), Failure> {
    let fleet = scene.world.fleet();
    let app = &scene.context.unit.application;
    if let Some(number) = fleet.other_image() {
        return Err(Failure(format!(
            "{app}/{number} runs another image, so not all units would follow; try again once all run the same image"
        )));
    }
    let not_yet = || {
        let text = "the application keeps no secret key yet; wait until juju status says active and try again";
        Failure(text.to_owned())
    };
    let id = fleet.secret_key.ok_or_else(not_yet)?;
    let count: u64 = fleet.rotation.and_then(|count| count.parse().ok()).unwrap_or_default();
    Ok((id, count.saturating_add(1)))
}

impl Scene<'_> {
    /// The relation with the peers, whose application databag only the leader can write.
    fn peers(&self) -> Result<RelationId, Failure> {
        let app = &self.context.unit.application;
        let command = format!("juju run {app}/leader rotate-secret-key confirm={app}");
        let leader = || Failure(format!("only the leader can do this: {command}"));
        self.world.is_leader.then_some(()).ok_or_else(leader)?;
        self.own_relation()
    }

    /// Whether the operator has named the application.
    fn confirm(&self) -> Result<(), Failure> {
        let app = &self.context.unit.application;
        let is_confirmed = self.parameters.text("confirm")? == *app;
        let unconfirmed =
            || Failure(format!("the parameter confirm must be the name of the application: confirm={app}"));
        is_confirmed.then_some(()).ok_or_else(unconfirmed)
    }
}
