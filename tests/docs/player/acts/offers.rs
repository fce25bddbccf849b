//! Relations between models.

use stage::Deployment;

use super::{Printed, lines, models};
use crate::{grammar::Command, player::Player, world::Other};

pub fn offer(player: &mut Player<'_>, command: &Command) -> Printed {
    let place = command.arguments.first().cloned().unwrap_or_default();
    let (application, endpoints) = place.split_once(':').unwrap_or((&place, ""));
    let (model, application) =
        application.split_once('.').map_or((None, application), |(model, name)| (Some(model), name));
    let name = command.arguments.get(1).map_or(application, String::as_str).to_owned();
    let current = player.current.clone();
    let model = model.map_or(current, |model| model.rsplit('/').next().unwrap_or(model).to_owned());
    let world = player.worlds.get_mut(&model).ok_or_else(|| format!("model {model} not found"))?;
    let charm = &world.known(application)?.charm;
    let endpoints: Vec<String> = endpoints.split(',').map(str::to_owned).collect();
    if let Some(unknown) = endpoints.iter().find(|endpoint| !charm.endpoints.contains_key(*endpoint)) {
        return Err(format!(
            "cannot create application offer: application {application:?} has no {unknown:?} relation"
        ));
    }
    let printed = format!(
        "Application {application:?} endpoints [{}] available at \"admin/{model}.{name}\"",
        endpoints.join(", ")
    );
    world.offers.insert(name, (application.to_owned(), endpoints));
    Ok(printed)
}

pub fn list(player: &mut Player<'_>, _command: &Command) -> Printed {
    Ok(lines(player.world()?.offers.keys()))
}

pub fn find(player: &mut Player<'_>, command: &Command) -> Printed {
    models::controllers(player, command)?;
    let offers = player.worlds.iter().flat_map(|(model, world)| world.offers.keys().map(move |name| (model, name)));
    Ok(lines(offers.map(|(model, name)| format!("admin/{model}.{name}"))))
}

pub fn consume(player: &mut Player<'_>, command: &Command) -> Printed {
    let [url, alias @ ..] = command.arguments.as_slice() else {
        return Err("missing remote application URL".to_owned());
    };
    let name = consume_as(player, url, alias.first().map(String::as_str))?;
    Ok(format!("Added {url} as {name}"))
}

/// The name of an offer in this model, with its endpoint if it was named; the offer is consumed if it was not before.
pub fn consumed(player: &mut Player<'_>, name: &str) -> Result<String, String> {
    let (url, endpoint) = name.split_once(':').map_or((name, None), |(url, endpoint)| (url, Some(endpoint)));
    let world = player.world()?;
    let known = world.others.iter().find(|(_, other)| other.offer.as_deref().is_some_and(|known| is_same(known, url)));
    let known = known.map(|(name, _)| name.clone());
    let name = match known {
        Some(name) => name,
        None => consume_as(player, url, None)?,
    };
    Ok(endpoint.map_or(name.clone(), |endpoint| format!("{name}:{endpoint}")))
}

fn is_same(one: &str, other: &str) -> bool {
    let bare = |url: &str| url.rsplit(['/', ':']).next().unwrap_or(url).to_owned();
    bare(one) == bare(other)
}

fn consume_as(player: &mut Player<'_>, url: &str, alias: Option<&str>) -> Result<String, String> {
    let bare = url.rsplit(['/', ':']).next().unwrap_or(url);
    let missing = || format!("application offer {url:?} not found");
    let (model, offer) = bare.split_once('.').ok_or_else(missing)?;
    let world = player.worlds.get(model).ok_or_else(missing)?;
    let (application, endpoints) = world.offers.get(offer).cloned().ok_or_else(missing)?;
    let charm = world.known(&application)?.charm.name.clone();
    let folder = player.shelf.published(&charm).ok_or_else(missing)?;
    let name = alias.unwrap_or(offer);
    let other = Other { offer: Some(url.to_owned()), ..Other::default() };
    let world = player.world()?;
    world.deploy_other(Deployment::new(folder).application(name), other)?;
    let applications = &mut world.stage.model_mut().applications;
    let charm = applications.get_mut(name).map(|application| &mut application.charm.endpoints);
    charm.ok_or_else(missing)?.retain(|endpoint, _| endpoints.contains(endpoint));
    Ok(name.to_owned())
}

pub fn remove(player: &mut Player<'_>, command: &Command) -> Printed {
    super::applications::remove(player, command)
}
