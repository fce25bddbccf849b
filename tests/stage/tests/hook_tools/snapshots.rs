//! What a hook goes on seeing although the world changed meanwhile: here calls and changes take turns, without processes.

use crate::bench::{Bench, UNIT, bag};
use serde_json::json;
use stage::{
    HookEvent, Model,
    tools::{Invocation, Session, call},
};

/// The model of a unit that leads.
fn model() -> Model {
    Bench::leader().model().clone()
}

/// What a command line prints in a session.
fn output(session: &mut Session<'_>, line: &str) -> String {
    let argv = line.split(' ').map(str::to_owned).collect();
    let answer = call(session, &Invocation { argv, ..Invocation::default() }).expect("an answer");
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{line}");
    answer.stdout
}

#[test]
fn config_is_as_it_was_at_its_first_use() {
    let mut model = model();
    let mut session = Session::new(&mut model, UNIT, &HookEvent::update_status());
    session.model.application_mut().config.insert("name".to_owned(), json!("before the first use"));
    assert_eq!(output(&mut session, "config-get name"), "before the first use\n");
    session.model.application_mut().config.insert("name".to_owned(), json!("after it"));
    assert_eq!(output(&mut session, "config-get name"), "before the first use\n");
}

#[test]
fn leadership_is_asked_for_each_time_until_it_is_lost() {
    let mut model = model();
    let mut session = Session::new(&mut model, UNIT, &HookEvent::update_status());
    assert_eq!(output(&mut session, "is-leader"), "True\n");
    session.model.application_mut().leader = None;
    assert_eq!(output(&mut session, "is-leader"), "False\n");
    session.model.application_mut().leader = Some(UNIT.to_owned());
    assert_eq!(output(&mut session, "is-leader"), "False\n");
}

#[test]
fn a_leader_that_lost_its_place_commits_no_application_databag() {
    let mut model = model();
    let mut session = Session::new(&mut model, UNIT, &HookEvent::update_status());
    assert_eq!(output(&mut session, "relation-set -r 0 --app a=b"), "");
    session.model.application_mut().leader = None;
    assert!(session.commit(None).is_err());
    assert_eq!(model.relations[&0].ends[0].app, bag(&[]));
}

#[test]
fn a_remote_applications_databag_is_read_once() {
    let mut bench = Bench::leader();
    let id = bench.relate("database", "pg", &[]);
    bench.relation(id).ends[1].app = bag(&[("key", "old")]);
    let mut model = bench.model().clone();
    let mut session = Session::new(&mut model, UNIT, &HookEvent::update_status());
    let line = format!("relation-get -r {id} --app key pg");
    assert_eq!(output(&mut session, &line), "old\n");
    session.model.relations.get_mut(&id).unwrap().ends[1].app = bag(&[("key", "new")]);
    assert_eq!(output(&mut session, &line), "old\n");
}

#[test]
fn a_members_data_is_remembered_over_hooks_and_a_strangers_within_one() {
    let mut bench = Bench::leader();
    let id = bench.relate("database", "pg", &[("pg/0", bag(&[("key", "old")])), ("pg/1", bag(&[("key", "old")]))]);
    let mut model = bench.model().clone();
    let (member, stranger) = (format!("relation-get -r {id} key pg/0"), format!("relation-get -r {id} key pg/1"));
    let memory = model.units.get_mut(UNIT).map(|unit| unit.memory.relations.entry(id).or_default());
    memory.expect("a memory").joined.remove("pg/1");
    let mut session = Session::new(&mut model, UNIT, &HookEvent::update_status());
    assert_eq!([&member, &stranger].map(|line| output(&mut session, line)), ["old\n", "old\n"]);
    for unit in ["pg/0", "pg/1"] {
        let end = &mut session.model.relations.get_mut(&id).expect("the relation").ends[1];
        end.units.insert(unit.to_owned(), bag(&[("key", "new")]));
    }
    assert_eq!([&member, &stranger].map(|line| output(&mut session, line)), ["old\n", "old\n"]);
    let mut session = Session::new(&mut model, UNIT, &HookEvent::update_status());
    assert_eq!([&member, &stranger].map(|line| output(&mut session, line)), ["old\n", "new\n"]);
}

#[test]
fn the_goal_is_fresh_each_time() {
    let mut model = model();
    let mut session = Session::new(&mut model, UNIT, &HookEvent::update_status());
    let units = |text: String| text.matches("probe/").count();
    assert_eq!(units(output(&mut session, "goal-state")), 1);
    session.model.units.insert("probe/1".to_owned(), stage::Unit::default());
    assert_eq!(units(output(&mut session, "goal-state")), 2);
}
