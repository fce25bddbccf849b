//! The first stage: every value of the world is understood once, with what is missing or wrong about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    discourse::{
        certificates::Certificates,
        coercion, credentials,
        environment::{Environment, Origin, Variable, Variables},
        limits::{self, Misfit},
        mistake::Findings,
        settings::{Checked, Context, Frontend, Settings},
    },
    fleet::Fleet,
    pebble::LogTarget,
    relations::{
        ENDPOINTS, Endpoint, Given, Need, Problem, Relation, database, database::Database, db, ingress,
        ingress::Ingress, nginx_route, s3, shared_secrets, smtp,
    },
    secret::SecretContent,
    status::{Reason, Topic},
    world::World,
};

use super::{data::Known, environment, log_targets, option_secrets::Unread, unreadable::unreadable};

/// The world, understood.
#[derive(Debug, Clone)]
pub struct Understanding {
    /// The units of this application.
    pub fleet: Fleet,
    /// PostgreSQL, from whichever of its two relations exists.
    pub database: Known<Database>,
    /// Where the forum is seen from outside; an ingress may have announced no address yet.
    pub ingress: Known<Option<Ingress>>,
    /// What every other relation gives, by endpoint.
    pub given: BTreeMap<&'static str, Known<Given>>,
    /// The options.
    pub options: Checked,
    /// Pairs of relations that exclude each other.
    pub conflicts: Vec<Reason>,
    /// The environment of the server, as far as all of this gives it.
    pub environment: Environment,
    /// Authorities that the workload must trust besides the usual ones.
    pub certificates: Option<Certificates>,
    /// Options whose secret Juju did not show.
    pub(super) unread_options: Unread,
    /// What else Juju did not show.
    unreadable: Vec<Reason>,
    /// Variables that no process can be given.
    misfits: Vec<Misfit>,
    /// Where Pebble forwards logs, by name.
    pub log_targets: BTreeMap<String, LogTarget>,
    /// Units of Loki that cannot be used.
    log_warnings: Vec<String>,
    /// Secrets that are withheld, for several name them.
    shared_secrets: BTreeSet<String>,
    /// Whether the image or the container keeps anything from starting.
    image: Option<Reason>,
    /// That no mail server is named.
    mail: Option<Reason>,
}

impl Understanding {
    /// Understands a world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let ingress = Known::of(world.relations.one(&ingress::ENDPOINT), ingress::parse);
        let options = options(world, ingress.have().and_then(Option::as_ref));
        let (log_targets, log_warnings) = log_targets::wanted(world);
        let mut known = Self {
            fleet: world.fleet(),
            database: database(world),
            given: given(world, &options.settings),
            mail: no_mail_server(world, &options.settings),
            ingress,
            options,
            conflicts: conflicts(world),
            environment: Environment::default(),
            certificates: None,
            unreadable: unreadable(world),
            unread_options: Unread::of(world),
            misfits: Vec::new(),
            log_targets,
            log_warnings,
            shared_secrets: shared_secrets(&world.relations),
            image: image(world),
        };
        // Without a usable ingress nobody can say whether the forum is reached over https.
        if !known.has_ingress_problem() {
            let findings = relation_findings(world, &known.options.settings);
            known.options.findings.extend(findings);
        }
        known.certificates = environment::certificates(&known);
        known.environment = environment::environment(world, &known);
        known.misfits = limits::misfits(&known.environment);
        known
    }

    /// Whether everything that the server is given can be used.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        let is_correct = self.options.findings.mistakes.is_empty() && self.misfits.is_empty();
        is_correct && !self.unread_options.is_waited_for
    }

    /// The settings, if nothing in them and in what they rest on must be corrected.
    #[must_use]
    pub fn settings(&self) -> Option<&Settings> {
        let is_usable = self.options.findings.mistakes.is_empty() && !self.has_ingress_problem();
        is_usable.then_some(&self.options.settings)
    }

    /// Everything that keeps the forum from running as wanted, and every warning.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> + '_ {
        let required = [self.database_reason(), self.ingress.reason(), self.image.clone()].into_iter().flatten();
        let conflicts = self.conflicts.iter().cloned();
        let unread = self.unreadable.iter().chain(&self.unread_options.reasons).cloned();
        let data = unread.chain(self.relation_reasons()).chain(self.option_reasons());
        conflicts.chain(required).chain(data).chain(self.warnings())
    }

    fn relation_reasons(&self) -> impl Iterator<Item = Reason> + '_ {
        ENDPOINTS.into_iter().filter_map(|endpoint| match self.given.get(endpoint.name)? {
            Known::Absent => no_relation(endpoint),
            known => known.reason(),
        })
    }

    fn warnings(&self) -> impl Iterator<Item = Reason> + '_ {
        let of_logging = self.log_warnings.iter().map(|text| Reason::Warning(Topic::Observability, text.clone()));
        let of_relations = ENDPOINTS.into_iter().flat_map(|endpoint| {
            let is_observability = endpoint.need == Need::Observability;
            let topic = if is_observability { Topic::Observability } else { Topic::Relation };
            let given = self.given.get(endpoint.name).and_then(Known::have);
            given.into_iter().flat_map(|it| &it.warnings).map(move |text| Reason::Warning(topic, text.clone()))
        });
        let shared = self.shared_secrets.iter().map(|text| Reason::Warning(Topic::Relation, text.clone()));
        let of_database = self.database.have().into_iter().flat_map(|database| &database.warnings);
        let of_database = of_database.map(|text| Reason::Warning(Topic::Relation, text.clone()));
        of_database
            .chain(of_logging)
            .chain(of_relations)
            .chain(shared)
            .chain(coercion::misread_credentials(&self.environment).into_iter().map(misread))
    }

    fn database_reason(&self) -> Option<Reason> {
        match &self.database {
            Known::Absent if self.has_conflict(&db::ENDPOINT) => None,
            Known::Absent => no_relation(&database::ENDPOINT),
            known => known.reason(),
        }
    }

    fn option_reasons(&self) -> impl Iterator<Item = Reason> + '_ {
        let misfits = self.misfits.iter().map(|misfit| Reason::Misfit(misfit.clone()));
        let mistakes = self.options.findings.mistakes.iter().cloned().map(Reason::Option).chain(misfits);
        let warnings = self.options.findings.warnings.iter().map(|text| Reason::Warning(Topic::Option, text.clone()));
        let uploads = "uploads are lost with the pod: set s3_enabled";
        let uploads = self.options.settings.s3.is_none().then(|| Reason::Warning(Topic::Uploads, uploads.to_owned()));
        mistakes.chain(warnings).chain(uploads).chain(self.mail.clone())
    }

    /// Whether nobody can say where the forum is seen from outside.
    #[must_use]
    pub fn has_ingress_problem(&self) -> bool {
        matches!(self.ingress, Known::Lacking(_)) || self.has_conflict(&ingress::ENDPOINT)
    }

    /// Whether an endpoint and another one that excludes it are both related.
    fn has_conflict(&self, endpoint: &Endpoint) -> bool {
        self.conflicts.iter().any(|reason| matches!(reason, Reason::Both(one, ..) if *one == endpoint.name))
    }
}

/// That a credential does not arrive as it is.
fn misread(origin: Origin) -> Reason {
    let topic = if let Origin::Relation(..) = origin { Topic::Relation } else { Topic::Option };
    Reason::Warning(topic, format!("{origin} is read as a number or boolean by Discourse: use one with letters"))
}

/// That a required relation does not exist.
fn no_relation(endpoint: &Endpoint) -> Option<Reason> {
    if let Need::Required(usual) = endpoint.need { Some(Reason::NoRelation(endpoint.name, usual)) } else { None }
}

fn conflicts(world: &World) -> Vec<Reason> {
    let pairs = [(&db::ENDPOINT, &database::ENDPOINT), (&ingress::ENDPOINT, &nginx_route::ENDPOINT)];
    let both = pairs.into_iter().filter_map(|(one, other)| {
        let (relation, _) = world.relations.one(one).zip(world.relations.one(other))?;
        Some(Reason::Both(one.name, other.name, relation.app.clone()))
    });
    both.collect()
}

fn database(world: &World) -> Known<Database> {
    type Parse = fn(&Relation) -> Result<Database, Problem>;
    let (relation, parse) = match (world.relations.one(&database::ENDPOINT), world.relations.one(&db::ENDPOINT)) {
        (Some(_), Some(_)) => return Known::Absent,
        (None, Some(legacy)) => (Some(legacy), db::parse as Parse),
        (relation, None) => (relation, database::parse as Parse),
    };
    Known::of(relation, |relation| {
        let database = parse(relation)?;
        fitting(relation, &database.variables()).map(|()| database)
    })
}

/// What the relations give, with the settings that decide how it is used.
fn given(world: &World, settings: &Settings) -> BTreeMap<&'static str, Known<Given>> {
    let given = ENDPOINTS.into_iter().filter_map(|it| Some((it, it.gives?)));
    given
        .map(|(endpoint, gives)| {
            let relation = world.relations.one(endpoint);
            let known = Known::of(relation, |relation| {
                let given = gives(relation, settings)?;
                fitting(relation, &given.variables).map(|()| given)
            });
            (endpoint.name, known)
        })
        .collect()
}

/// The options, checked by themselves and against every endpoint.
fn options(world: &World, ingress: Option<&Ingress>) -> Checked {
    let secret = |option| world.option_secrets.get(option).unwrap_or(&SecretContent::Unnamed);
    Settings::check(
        &world.options,
        Context {
            app: &world.unit.application,
            ingress: ingress.map(frontend),
            is_storage_related: world.relations.one(&s3::ENDPOINT).is_some(),
            is_mail_related: world.relations.one(&smtp::ENDPOINT).is_some(),
            smtp_credentials: secret(credentials::SMTP),
            s3_credentials: secret(credentials::S3),
        },
    )
}

fn frontend(ingress: &Ingress) -> Frontend<'_> {
    let origin = Origin::Relation(ingress::ENDPOINT.name, ingress::KEY);
    Frontend { authority: &ingress.authority, is_https: ingress.is_https, origin }
}

fn relation_findings(world: &World, settings: &Settings) -> Findings {
    let app = &world.unit.application;
    ENDPOINTS.into_iter().fold(Findings::default(), |mut findings, endpoint| {
        findings.extend((endpoint.check)(world.relations.has(endpoint.name), settings, app));
        findings
    })
}

/// A value of a relation that no process can be given must not keep all others from being used; one of an option is seen later.
fn fitting(relation: &Relation, variables: &Variables) -> Result<(), Problem> {
    let problem = |(name, variable): &(&'static str, Variable)| {
        let Origin::Relation(_, key) = variable.origin() else { return None };
        limits::misfit(name, variable).map(|misfit| relation.invalid(format!("{key} {}", misfit.why)))
    };
    let together = || relation.invalid("its values are too long: all together can have 128 KiB");
    let together = || limits::are_too_long(variables).then(together);
    variables.iter().find_map(problem).or_else(together).map_or(Ok(()), Err)
}

/// A warning that no mail leaves, without which people register through an identity provider only.
fn no_mail_server(world: &World, settings: &Settings) -> Option<Reason> {
    // An invalid address is a mistake of its own.
    let is_given = settings.smtp.address.is_some() || world.options.is_changed("smtp_address");
    let is_named = is_given || world.relations.has(smtp::ENDPOINT.name);
    let command = format!("juju config {} smtp_address=<host>", world.unit.application);
    let text = format!("no mail leaves, so nobody can register with a password: {command}");
    (!is_named).then_some(Reason::Warning(Topic::Mail, text))
}

fn image(world: &World) -> Option<Reason> {
    use crate::world::NoContainer;
    match &world.container {
        Err(NoContainer::Unreachable) => Some(Reason::NoPebble),
        Err(NoContainer::Refused(text)) => Some(Reason::Pebble(text.clone())),
        Ok(container) => container.image.as_ref().err().map(|problem| Reason::Image(problem.clone())),
    }
}
