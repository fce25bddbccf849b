//! What a scene will have named, step by step, if all goes as it should.

use super::{Known, applications::charm};
use crate::{
    charm::{Charm, Role},
    model::{Application, End, Model, Relation, Unit, names},
    play::{Options, deployment::first},
    scene::{Deploy, Form, Integrate, Refresh, RemoveRelation, Scale, Scene, SecretAct, Verb},
    stage::endpoints::{self, Pair},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// A model as far as names go. What goes is gone at once, but a step that names it is not judged any more.
pub(super) struct Outlook<'o> {
    options: &'o Options,
    model: Model,
    charms: BTreeMap<String, PathBuf>,
    stand_ins: BTreeSet<String>,
    secrets: BTreeSet<String>,
    doubtful: BTreeSet<String>,
}

impl<'o> Outlook<'o> {
    /// Nothing is there yet.
    pub(super) fn new(options: &'o Options, scene: &Scene) -> Self {
        let first = first(options, scene);
        let named = || charm(&first.charm(options)).map(|charm| charm.name).unwrap_or_default();
        let main = first.name.clone().unwrap_or_else(named);
        let mut model = Model { main, juju: options.juju, ..Model::new(Application::new("", Charm::default())) };
        model.applications.clear();
        let (charms, doubtful) = (BTreeMap::new(), BTreeSet::new());
        Self { options, model, charms, stand_ins: BTreeSet::new(), secrets: BTreeSet::new(), doubtful }
    }

    pub(super) fn known(&self) -> Known<'_> {
        Known {
            options: self.options,
            model: &self.model,
            charms: &self.charms,
            stand_ins: self.stand_ins.iter().map(String::as_str).collect(),
            secrets: self.secrets.iter().map(String::as_str).collect(),
            doubtful: &self.doubtful,
        }
    }

    /// Notes what a step makes or takes away.
    pub(super) fn play(&mut self, verb: &Verb) {
        match verb {
            Verb::Deploy(Form(deploy)) => self.deploy(deploy),
            Verb::Remove(Form(remove)) => self.remove(&self.name(remove.application.as_ref())),
            Verb::Scale(Form(scale)) => self.scale(scale),
            Verb::Refresh(Form(refresh)) => self.refresh(refresh),
            Verb::Integrate(Form(integrate)) => self.integrate(integrate),
            Verb::RemoveRelation(Form(remove)) => self.remove_relation(remove),
            Verb::Secret(Form(secret)) => self.secret(secret),
            _ => {}
        }
    }

    /// Notes what a step with a mistake was to make; tells whether the steps after it can be judged.
    pub(super) fn doubt(&mut self, verb: &Verb) -> bool {
        match verb {
            Verb::Deploy(_) => return false,
            Verb::Refresh(Form(refresh)) => drop(self.doubtful.insert(self.name(refresh.application.as_ref()))),
            Verb::Integrate(Form(integrate)) => {
                let ends = [Some(&integrate.endpoint), integrate.with.as_ref()].into_iter().flatten();
                // Which endpoint an application alone means is not known.
                let ends =
                    ends.map(|end| if end.contains(':') { end.clone() } else { names::ends_of(end).0.to_owned() });
                self.doubtful.extend(ends.chain(integrate.stand_in.clone()));
            }
            _ => {}
        }
        true
    }

    fn name(&self, given: Option<&String>) -> String {
        given.unwrap_or(&self.model.main).clone()
    }

    fn deploy(&mut self, deploy: &Deploy) {
        let path = deploy.charm(self.options);
        let Ok(charm) = charm(&path) else { return };
        let name = deploy.name.clone().unwrap_or_else(|| charm.name.clone());
        self.model.applications.insert(name.clone(), Application::new(&name, charm));
        self.charms.insert(name.clone(), path);
        self.relate_peers(&name);
        self.grow(&name, deploy.units.unwrap_or(1));
    }

    fn relate_peers(&mut self, name: &str) {
        let endpoints = self.model.application_of(name).charm.endpoints.clone();
        for (endpoint, declared) in endpoints.into_iter().filter(|(_, declared)| declared.role == Role::Peer) {
            self.relate(declared.interface, vec![End::new(name, &endpoint)]);
        }
    }

    fn relate(&mut self, interface: String, ends: Vec<End>) {
        let id = self.model.mint_relation();
        self.model.relations.insert(id, Relation { id, interface, ends, ..Relation::default() });
    }

    fn grow(&mut self, name: &str, units: u32) {
        self.model.units.extend((0..units).map(|number| (format!("{name}/{number}"), Unit::default())));
    }

    fn remove(&mut self, name: &str) {
        self.model.applications.remove(name);
        self.charms.remove(name);
        self.model.units.retain(|unit, _| names::application_of(unit) != name);
        self.end_relations(|relation| relation.own(name).is_some());
        self.doubtful.insert(name.to_owned());
    }

    fn end_relations(&mut self, is_meant: impl Fn(&Relation) -> bool) {
        let ended = self.model.relations.extract_if(.., |_, relation| is_meant(relation));
        let ends: Vec<String> = ended.flat_map(|(_, relation)| relation.ends).map(|end| end.name()).collect();
        self.doubtful.extend(ends);
    }

    fn scale(&mut self, scale: &Scale) {
        let name = self.name(scale.application.as_ref());
        if u32::try_from(self.model.units_of(&name).count()).is_ok_and(|units| units > scale.units) {
            self.doubtful.insert(name.clone());
        }
        self.model.units.retain(|unit, _| {
            names::application_of(unit) != name || names::number_of(unit).is_some_and(|number| number < scale.units)
        });
        self.grow(&name, scale.units);
    }

    fn refresh(&mut self, refresh: &Refresh) {
        let name = self.name(refresh.application.as_ref());
        let Some(path) = &refresh.charm else { return };
        let Ok(charm) = charm(&self.options.base.join(path)) else { return };
        if let Some(application) = self.model.applications.get_mut(&name) {
            application.replace_charm(charm);
            self.relate_peers(&name);
        }
    }

    fn integrate(&mut self, integrate: &Integrate) {
        let pair = match (&integrate.with, &integrate.stand_in) {
            (Some(other), _) => endpoints::infer(&self.model, [&integrate.endpoint, other]).ok(),
            (None, Some(name)) => self.known().pair(integrate, name),
            (None, None) => None,
        };
        if let Some(Pair { ends, interface }) = pair {
            self.relate(interface, ends.to_vec());
        }
        if integrate.server.is_none() {
            self.stand_ins.extend(integrate.stand_in.clone());
        }
    }

    fn remove_relation(&mut self, remove: &RemoveRelation) {
        let (owner, name) = self.model.place(&remove.endpoint);
        let (owner, name) = (owner.to_owned(), name.to_owned());
        let other = remove.with.as_deref().map(|with| names::ends_of(with).0);
        self.end_relations(|relation| {
            relation.own(&owner).is_some_and(|end| end.endpoint == name)
                && other.is_none_or(|other| relation.other_application(&owner) == other)
        });
    }

    fn secret(&mut self, act: &SecretAct) {
        self.secrets.extend(act.add.clone());
        if let Some(name) = &act.remove {
            self.secrets.remove(name);
            self.doubtful.insert(name.clone());
        }
    }
}
