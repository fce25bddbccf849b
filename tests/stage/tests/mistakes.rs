//! Mistakes in scenes: each is told before anything is started, with file, line and remedy, all at once, and the exit code is 2.
#![cfg(test)]

#[allow(dead_code, reason = "the rest plays charms to their end")]
mod command;
#[allow(dead_code, reason = "stages are for tests of the library")]
mod shell;

use command::stage;
use std::{fs, path::Path};
use tempfile::TempDir;

/// The files of two charms side by side, with what else scenes name.
const FILES: &[(&str, &str)] = &[
    (
        "forum/metadata.yaml",
        "name: forum
containers: {web: {resource: web-image}}
resources: {web-image: {type: oci-image}, plugins: {type: file, filename: plugins.tar}}
storage: {data: {type: filesystem}}
peers: {friends: {interface: friends}}
requires: {db: {interface: sql, limit: 1}, mail: {interface: smtp}}
",
    ),
    (
        "forum/config.yaml",
        "options:
  greeting: {type: string}
  times: {type: int}
  token: {type: secret}
",
    ),
    ("forum/actions.yaml", "greet: {params: {who: {type: string}}, additionalProperties: false}\n"),
    ("forum/dispatch", "#!/bin/sh\n"),
    ("sql/metadata.yaml", "name: sql\nprovides: {db: {interface: sql}, web: {interface: http}}\n"),
    ("sql/dispatch", "#!/bin/sh\n"),
    ("empty/readme", ""),
    ("broken/metadata.yaml", "name: [\n"),
    ("half/oci-layout", "{}"),
];

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// How a scene in this folder ends, and what is said of it, without the folder.
fn told(folder: &Path, scene: &[u8], options: &[&str]) -> (i32, String) {
    let (charm, file) = (folder.join("forum"), folder.join("scene.yaml"));
    fs::write(&file, scene).unwrap();
    let words = ["play", charm.to_str().unwrap(), "--scene", file.to_str().unwrap()];
    let said = stage(&[words.as_slice(), options].concat());
    let text = said.stderr.replace(&format!("{}/", folder.display()), "");
    (said.code, text.replace("stage: scene.yaml: ", "").trim_end().to_owned())
}

/// Steps after `deploy`, which stands in line 2, and what is said of them.
const STEPS: &[(&str, &str)] = &[
    // What is not there.
    ("expect-status: form active", "line 3: no such application: form: did you mean \"forum\"?"),
    ("expect-status: redis active", "line 3: no such application: redis: there is forum"),
    ("expect-status: forum/7 active", "line 3: no such unit: forum/7: there is forum/0"),
    ("exec: ls forum/0", "line 3: \"ls\" is not a unit: there is forum/0"),
    ("exec: forum ls", "line 3: \"forum\" is an application: name a unit of it: there is forum/0"),
    ("trust: forum/0", "line 3: \"forum/0\" is a unit: name its application"),
    ("scale: forum/0 2", "line 3: \"forum/0\" is a unit: name its application"),
    (
        "config: gretting=hi",
        "line 3: invalid application config: unknown option \"gretting\": did you mean \"greeting\"?",
    ),
    (
        "config: {reset: [gretting]}",
        "line 3: invalid application config: unknown option \"gretting\": did you mean \"greeting\"?",
    ),
    ("config: times=many", "line 3: option \"times\" expected int, got \"many\""),
    (
        "config: token=secret:tokn",
        "line 3: option \"token\": no such secret of this scene: tokn: no step before adds one",
    ),
    (
        "config: greeting=secret:no",
        "line 3: option \"greeting\": no such secret of this scene: no: no step before adds one",
    ),
    (
        "run: forum/0 greet who=secret:no",
        "line 3: parameter \"who\": no such secret of this scene: no: no step before adds one",
    ),
    (
        "config: token=hunter2",
        "line 3: option \"token\" expected secret: write secret:NAME, of a step \"secret: add NAME KEY=VALUE\" before",
    ),
    ("run: forum/0 gret", "line 3: cannot run \"gret\" action: not defined: did you mean \"greet\"?"),
    (
        "run: forum/0 greet whom=you",
        "line 3: cannot run \"greet\" action: validation failed: (root) : additional property \"whom\" is not allowed: \
        of parameters there is who",
    ),
    (
        "run: forum/0 greet who=3",
        "line 3: cannot run \"greet\" action: validation failed: (root).who : must be of type string, given 3: \
        of parameters there is who",
    ),
    ("hook: forum/0 updat-status", "line 3: no such hook: updat-status: did you mean \"update-status\"?"),
    (
        "hook: forum/0 secret-changed",
        "line 3: the hook secret-changed tells of something that happens: let that happen",
    ),
    ("hook: forum/0 db-relation-changed", "line 3: forum:db has no relation: a step \"integrate\" must come before"),
    ("expect-hooks: forum/0 instal", "line 3: no such hook: instal: did you mean \"install\"?"),
    ("expect-plan: forum/0:wep services.web=null", "line 3: no such container: wep: did you mean \"web\"?"),
    ("fail: config-gett", "line 3: no such hook tool: config-gett: did you mean \"config-get\"?"),
    ("kill: container forum/1", "line 3: no such unit: forum/1: there is forum/0"),
    (
        "databag: guest a=b",
        "line 3: no such stand-in, of those whose databags are written here: guest: give a step \"integrate\" before the key `stand-in`",
    ),
    ("secret: grant token", "line 3: no such secret of this scene: token: no step before adds one"),
    // Relations.
    ("integrate: forum:dbb sql", "line 3: no such endpoint: forum:dbb: did you mean \"db\"?"),
    ("integrate: db sql", "line 3: \"db\" is an endpoint: write \"forum:db\""),
    (
        "integrate: forum forum",
        "line 3: an application cannot be related to itself: deploy its charm under a second name",
    ),
    ("integrate: {endpoint: dbb, stand-in: sql}", "line 3: no such endpoint: forum:dbb: did you mean \"db\"?"),
    (
        "integrate: {endpoint: db, stand-in: redis, server: redis}",
        "line 3: adding relation between endpoints \"forum:db\" and \"redis:redis\": no compatible endpoints found between \
        applications: here forum:db requires \"sql\", there redis:redis provides \"redis\"",
    ),
    (
        "integrate: {endpoint: friends, stand-in: guest}",
        "line 3: adding relation between endpoints \"forum:friends\" and \"guest:stand-in\": no compatible endpoints found \
        between applications: here forum:friends joins peers by \"friends\", there guest:stand-in requires \"friends\"",
    ),
    (
        "integrate: {endpoint: db, stand-in: My DB}",
        "line 3: \"My DB\" is no name of an application: write words of small letters and digits, joined by \"-\"",
    ),
    (
        "integrate: {endpoint: db, stand-in: forum}",
        "line 3: \"forum\" is an application with a charm: relate it with the key `with`",
    ),
    ("remove-relation: forum", "line 3: forum names no endpoint: write forum:ENDPOINT, there are db, friends, mail"),
    (
        "expect-databag: forum/0 a=b",
        "line 3: forum/0 names no endpoint: write forum/0:ENDPOINT, there are db, friends, mail",
    ),
    (
        "deploy: {name: two, config: {greeting: [a]}}",
        "line 3: option \"greeting\" expected string, got \"[\\\"a\\\"]\"",
    ),
    ("remove-relation: forum:db", "line 3: no such relation: forum:db: of forum:db, there is none"),
    ("expect-databag: forum/0:db a=b", "line 3: forum:db has no relation: a step \"integrate\" must come before"),
    // Charms and files.
    (
        "refresh: ../sql",
        "line 3: no charm: ../sql: there is no folder or .charm file of this name: charms are on this machine, nothing is fetched",
    ),
    ("refresh: ./sql", "line 3: cannot refresh \"forum\" to \"sql\": the charm ./sql has another name: deploy it"),
    (
        "refresh: {image: empty/readme}",
        "line 3: no image: empty/readme: it is neither a folder nor an archive with index.json or manifest.json",
    ),
    ("refresh: {image: half}", "line 3: no image: half: a layout has an index.json"),
    ("refresh: sql", "line 3: no such application: sql: there is forum"),
    ("refresh: {images: {wep: empty}}", "line 3: no such container: wep: did you mean \"web\"?"),
    ("refresh: {image: nowhere}", "line 3: no such image: nowhere: No such file or directory (os error 2)"),
    ("deploy", "line 3: cannot add application \"forum\": application already exists: give another `name`"),
    (
        "deploy: ./forum Forum",
        "line 3: \"Forum\" is no name of an application: write words of small letters and digits, joined by \"-\"",
    ),
    (
        "deploy: ./nowhere",
        "line 3: no charm: ./nowhere: there is no folder or .charm file of this name: charms are on this machine, nothing is fetched",
    ),
    (
        "deploy: ./empty",
        "line 3: no charm: ./empty: neither metadata.yaml nor a charmcraft.yaml with a name is in ./empty",
    ),
    (
        "deploy: ./scene.yaml",
        "line 3: no charm: ./scene.yaml: unpacking ./scene.yaml: invalid Zip archive: Could not find EOCD",
    ),
    ("deploy: {name: two, images: {wep: empty}}", "line 3: no such container: wep: did you mean \"web\"?"),
    (
        "deploy: {name: two, images: {web: nowhere}}",
        "line 3: no such image: nowhere: No such file or directory (os error 2)",
    ),
    (
        "deploy: {name: two, resources: {plugin: empty/readme}}",
        "line 3: no such file resource: plugin: did you mean \"plugins\"?",
    ),
    ("deploy: {name: two, resources: {plugins: empty}}", "line 3: empty is a folder: name a file"),
    ("deploy: {name: two, storage: {date: 1}}", "line 3: no such storage: date: did you mean \"data\"?"),
    (
        "deploy: {name: two, config: {gretting: hi}}",
        "line 3: invalid application config: unknown option \"gretting\": did you mean \"greeting\"?",
    ),
    ("deploy: {name: two, units: 4000000000}", "line 3: 4000000000 units are too many: at most 200 have room"),
];

#[test]
fn a_step_that_names_what_is_not_there_is_told_with_its_line_and_a_remedy() {
    let folder = folder();
    for (step, wanted) in STEPS {
        let scene = format!("steps:\n  - deploy\n  - {step}\n");
        assert_eq!(told(folder.path(), scene.as_bytes(), &[]), (2, (*wanted).to_owned()), "{step}");
    }
}

/// Steps after `deploy`, of which the last is a mistake by those before.
const SEVERAL: &[(&[&str], &str)] = &[
    (
        &["deploy: ./sql", "integrate: forum:mail sql"],
        "line 4: adding relation between endpoints \"forum:mail\" and \"sql\": no compatible endpoints found between applications: \
        here forum:mail requires \"smtp\", there sql:db provides \"sql\", sql:web provides \"http\"",
    ),
    (
        &["deploy: ./sql", "integrate: forum sql", "integrate: forum sql"],
        "line 5: adding relation between endpoints \"forum\" and \"sql\": relation forum:db sql:db: already exists",
    ),
    (
        &["deploy: ./sql", "deploy: ./sql other", "integrate: forum sql", "integrate: forum other"],
        "line 6: adding relation between endpoints \"forum\" and \"other\": establishing a new relation for forum:db would \
        exceed its maximum relation limit of 1",
    ),
    (
        &["deploy: ./sql", "integrate: forum sql", "remove-relation: forum:db sqll"],
        "line 5: no such relation: forum:db sqll: of forum:db, there is sql:db",
    ),
    (&["scale: forum 2", "exec: forum/2 true"], "line 4: no such unit: forum/2: there are forum/0, forum/1"),
    (
        &["secret: add word key=x", "secret: grant wort"],
        "line 4: no such secret of this scene: wort: did you mean \"word\"?",
    ),
    (
        &["secret: add word key=x", "secret: grant word form"],
        "line 4: no such application: form: did you mean \"forum\"?",
    ),
    (
        &["secret: add word key=x", "secret: add word key=y"],
        "line 4: the secret word is there already: write \"secret: update word KEY=VALUE ...\"",
    ),
    (
        &["integrate: {endpoint: db, stand-in: guest}", "databag: gest a=b"],
        "line 4: no such stand-in, of those whose databags are written here: gest: did you mean \"guest\"?",
    ),
    (&["deploy: ./sql db", "remove-relation: db"], "line 4: no such relation: forum:db: of forum:db, there is none"),
    (
        &["deploy: {charm: ./sql, units: 0}", "expect-status: sql active"],
        "line 4: the application sql has no units: scale it before",
    ),
];

#[test]
fn a_step_is_judged_by_the_steps_before_it() {
    let folder = folder();
    for (steps, wanted) in SEVERAL {
        let scene = format!("steps:\n  - deploy\n  - {}\n", steps.join("\n  - "));
        assert_eq!(told(folder.path(), scene.as_bytes(), &[]), (2, (*wanted).to_owned()), "{scene}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let scene = "steps:\n  - deploy\n  - elect: forum/3\n  - settle\n  - refresh: form\n";
    let both =
        "line 3: no such unit: forum/3: there is forum/0\nline 5: no such application: form: did you mean \"forum\"?";
    assert_eq!(told(folder().path(), scene.as_bytes(), &[]), (2, both.to_owned()));
}

#[test]
fn all_steps_that_are_none_are_told_at_once() {
    let scene = "steps:\n  - deploy: {unit: 3}\n  - settel\n  - elect: forum/0\n  - scale: forum\n      many\n";
    let three = "line 2: no key \"unit\" here: did you mean \"units\"?\nline 3: no verb \"settel\": did you mean \"settle\"?\n\
        line 5: \"scale: forum\": \"many\" is not a whole number from 0 up; write \"scale: APPLICATION NUMBER\"";
    assert_eq!(told(folder().path(), scene.as_bytes(), &[]), (2, three.to_owned()));
}

#[test]
fn before_a_step_deploys_an_application_there_is_none() {
    let scene = "steps:\n  - config: greeting=hi\n  - deploy\n";
    let wanted = "line 2: no such application: forum: no step before deploys one";
    assert_eq!(told(folder().path(), scene.as_bytes(), &[]), (2, wanted.to_owned()));
}

/// Files that are no scenes.
const TEXTS: &[(&[u8], &str)] = &[
    (b"steps:\n  - deploy\n\t- settle\n", "line 3: a tab indents this line: YAML takes blanks alone"),
    (b"steps:\n  - deploy:\n\tname: a\n", "line 3: a tab indents this line: YAML takes blanks alone"),
    (b"steps:\n  - deploy: {name: a\n  - settle\n", "line 2: the bracket '{' is not closed: add '}'"),
    (b"steps:\n  - deploy: {config: {a: 1}\n  - integrate: a b\n", "line 2: the bracket '{' is not closed: add '}'"),
    (b"steps:\n  - exec: [a, 'b]'\n  - settle\n", "line 2: the bracket '[' is not closed: add ']'"),
    (b"steps:\r\n  - deploi\r\n", "line 2: no verb \"deploi\": did you mean \"deploy\"?"),
    (b"\xef\xbb\xbfsteps:\n  - deploi\n", "line 2: no verb \"deploi\": did you mean \"deploy\"?"),
    (b"\xff\xfe", "reading the scene: stream did not contain valid UTF-8: save it as UTF-8"),
    (b"juju: 2.9\nsteps:\n  - deploy\n", "line 1: no Juju \"2.9\": there are 3.6, 4.0"),
    (b"steps:\n", "line 1: the list of steps is empty: begin with \"- deploy\""),
    (b"steps: []\n", "line 1: the list of steps is empty: begin with \"- deploy\""),
    (b"steps:\n  - deploy\n---\nsteps:\n  - deploy\n", "line 4: a second document begins: one file holds one scene"),
    (
        b"steps:\n  - deploy\n  - wait-for: forum activ\n",
        "line 3: \"wait-for: forum activ\": no status \"activ\": did you mean \"active\"?; write \"wait-for: UNIT|APPLICATION STATUS [WORDS OF THE MESSAGE]\"",
    ),
    (
        b"steps:\n  - expect-status: {of: forum, status: activ}\n",
        "line 2: no status \"activ\": did you mean \"active\"?",
    ),
    (
        b"steps:\n  - run: {unit: a/0, action: b, expect: {status: done}}\n",
        "line 2: no end of an action \"done\": there are completed, failed, error",
    ),
    (
        b"steps:\n  - integrate: {endpoint: a, stand-in: b, server: postgres}\n",
        "line 2: no server \"postgres\": did you mean \"postgresql\"?",
    ),
    (
        b"steps:\n  - scale: forum -1\n",
        "line 2: \"scale: forum -1\": \"-1\" is not a whole number from 0 up; write \"scale: APPLICATION NUMBER\"",
    ),
    (b"steps:\n  - scale: {units: many}\n", "line 2: \"many\" is not a whole number from 0 up"),
    (
        b"steps:\n  - http: forum/0 99999\n",
        "line 2: \"http: forum/0 99999\": \"99999\" is not a port, 1 to 65535; write \"http: UNIT PORT [PATH]\"",
    ),
    (
        b"steps:\n  - kill: forum/0 pod\n",
        "line 2: \"kill: forum/0 pod\": \"forum/0\" does not fit here; write \"kill: pod|container|agent UNIT\"",
    ),
    (
        b"steps:\n  - config: greeting hi\n",
        "line 2: \"config: greeting hi\": \"hi\" has no \"=\"; write \"config: [APPLICATION] OPTION=VALUE ...\"",
    ),
    (b"steps:\n  - config: {}\n", "line 2: \"config: {}\": give `options` or `reset`"),
    (b"steps:\n  - deploy\n  - add-unit: forum\n", "line 3: no verb \"add-unit\": write \"scale: APPLICATION NUMBER\""),
    (
        b"steps:\n  - deploy\n  - relate: a b\n",
        "line 3: no verb \"relate\": write \"integrate: APPLICATION[:ENDPOINT] APPLICATION[:ENDPOINT]\"",
    ),
    (
        b"steps:\n  - deploy:\n    units: 3\n",
        "line 3: \"units\" stands beside a verb: indent it further, below the verb",
    ),
    (
        b"steps:\n  - deploy:\n      config:\n      units: 3\n",
        "line 3: keys are missing here: indent them further than this line",
    ),
    (
        b"steps:\n  - deploy:\n      units: 1\n     name: x\n",
        "line 4: while parsing a block mapping, did not find expected key: indent this line as one above",
    ),
    (
        b"steps:\n  - note: a: b\n",
        "line 2: mapping values are not allowed in this context: quote a text that holds \": \"",
    ),
    (b"steps:\n  - note: 'a\n", "line 2: unclosed quote: close it"),
    (b"steps:\n  - fail: config-get 0\n", "line 2: \"fail: config-get 0\": no call would fail: `times` begins at 1"),
];

#[test]
fn a_file_that_is_no_scene_is_told_with_its_line_and_a_remedy() {
    let folder = folder();
    for (text, wanted) in TEXTS {
        let shown = String::from_utf8_lossy(text);
        assert_eq!(told(folder.path(), text, &[]), (2, (*wanted).to_owned()), "{shown}");
    }
}

/// Options of the command line, and what is said of them.
const OPTIONS: &[(&[&str], &str)] = &[
    (&["--image", "wep=."], "stage: --image: no such container: wep: did you mean \"web\"?"),
    (&["--image", "web=/nowhere"], "stage: --image: no such image: /nowhere: No such file or directory (os error 2)"),
    (&["--junit", "/nowhere/a.xml"], "stage: --junit: no such folder: /nowhere: make it before"),
    (&["--timeline", "/tmp"], "stage: --timeline: /tmp is a folder: name a file"),
    (&["--logs", "/etc/hosts"], "stage: --logs: /etc/hosts is a file: name a folder"),
    (&["--hook-limit", "x"], "error: invalid value 'x' for '--hook-limit <TIME>': write a time such as 90s or 5m"),
    (
        &["--image", "web"],
        "error: invalid value 'web' for '--image <CONTAINER=PATH>': write CONTAINER=PATH, such as web=./rootfs",
    ),
    (&["--seed", "x"], "error: invalid value 'x' for '--seed <NUMBER>': write a whole number from 0 up"),
    (&["--juju", "2.9"], "error: invalid value '2.9' for '--juju <SERIES>': no Juju 2.9 here: use 3.6 or 4.0"),
    (
        &["--time-scale", "0"],
        "error: invalid value '0' for '--time-scale <SECONDS>': time scale \"0\" is not a number above 0 and at most 1000",
    ),
];

#[test]
fn a_wrong_option_is_told_with_a_remedy() {
    let folder = folder();
    for (options, wanted) in OPTIONS {
        let (code, text) = told(folder.path(), b"steps:\n  - deploy\n", options);
        assert_eq!((code, text.lines().next()), (2, Some(*wanted)), "{options:?}");
    }
}

#[test]
fn a_charm_that_is_none_is_told_by_the_path_that_was_given() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (name, wanted) in [
        ("nowhere", "there is no folder or .charm file of this name: charms are on this machine, nothing is fetched"),
        ("empty", "neither metadata.yaml nor a charmcraft.yaml with a name is in DIR/empty"),
        ("broken", "parsing DIR/broken/metadata.yaml: "),
    ] {
        let said = stage(&["play", &path(name)]);
        let wanted = format!("stage: no charm: DIR/{name}: {wanted}").replace("DIR", &path("")).replace("//", "/");
        assert!(said.stderr.starts_with(&wanted), "{}", said.stderr);
        assert_eq!(said.code, 2);
    }
}
