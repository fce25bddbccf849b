//! The language of scenes: both forms of every verb, mistakes with their line and remedy, and the schema.
#![cfg(test)]

use serde_json::Value;
use stage::scene::{Scene, VERBS, Verb};
use std::collections::BTreeSet;

/// The verbs of these steps; each begins a line.
fn verbs(steps: &str) -> Vec<Verb> {
    let scene = Scene::parse("scene.yaml", &format!("steps:\n{steps}")).unwrap_or_else(|error| panic!("{error}"));
    scene.steps().map(|step| step.verb.clone()).collect()
}

fn mistake(steps: &str) -> String {
    Scene::parse("scene.yaml", &format!("steps:\n{steps}")).unwrap_err().to_string()
}

fn both_are_the_same(short: &str, long: &str) {
    assert_eq!(verbs(&format!("  - {short}\n")), verbs(&format!("  - {long}\n")));
}

#[test]
fn the_short_form_says_what_the_long_one_says() {
    for (short, long) in [
        ("deploy", "deploy: {}"),
        ("deploy: ./guest.charm visitor", "deploy: {charm: ./guest.charm, name: visitor}"),
        ("integrate: shell:door guest", "integrate: {endpoint: shell:door, with: guest}"),
        ("remove-relation: shell:door guest", "remove-relation: {endpoint: shell:door, with: guest}"),
        ("config: greeting='good morning'", "config: {options: {greeting: good morning}}"),
        ("config: shell greeting=hi", "config: {application: shell, options: {greeting: hi}}"),
        ("run: shell/0 greet who=you times=3", "run: {unit: shell/0, action: greet, parameters: {who: you, times: 3}}"),
        ("exec: shell/0 cat /etc/hosts", "exec: {unit: shell/0, command: [cat, /etc/hosts]}"),
        ("exec: [shell/0, sh, -c, 'echo a b']", "exec: {unit: shell/0, command: [sh, -c, echo a b]}"),
        ("scale: shell 3", "scale: {application: shell, units: 3}"),
        ("kill: pod shell/0", "kill: {pod: shell/0}"),
        ("kill: call 3", "kill: {call: 3}"),
        ("refresh: shell ./new.charm", "refresh: {application: shell, charm: ./new.charm}"),
        ("elect: shell/1", "elect: {unit: shell/1}"),
        ("trust", "trust: {}"),
        ("secret: add token key=x", "secret: {add: token, content: {key: x}}"),
        ("secret: grant token shell", "secret: {grant: token, to: [shell]}"),
        ("databag: db version=16", "databag: {stand-in: db, app: {version: 16}}"),
        ("http: shell/0 8080", "http: {unit: shell/0, port: 8080, path: /, status: 200}"),
        ("hook: shell/0 update-status", "hook: {unit: shell/0, hook: update-status}"),
        ("resolved: shell/0", "resolved: {unit: shell/0}"),
        ("wait-for: shell active", "wait-for: {of: shell, status: active, message: null}"),
        ("expect-status: shell/0 blocked no door", "expect-status: {of: shell/0, status: blocked, message: no door}"),
        ("expect-databag: shell/0:door words=hi", "expect-databag: {of: 'shell/0:door', has: {words: hi}}"),
        (
            "expect-plan: app/0:web services.web.command='serve --port 80' services.web.startup=enabled",
            "expect-plan: {unit: app/0, container: web, has: {services: {web: {command: serve --port 80, startup: enabled}}}}",
        ),
        ("expect-log: shell/0 all well", "expect-log: {unit: shell/0, contains: all well}"),
        ("expect-hooks: shell/0 install start", "expect-hooks: {unit: shell/0, hooks: [install, start]}"),
        ("remove: shell", "remove: {application: shell}"),
        ("fail: secret-get 2", "fail: {tool: secret-get, times: 2}"),
        ("settle", "settle: {}"),
        ("note: a new day", "note: {text: a new day}"),
    ] {
        both_are_the_same(short, long);
    }
}

/// Steps, and what is said of them.
const MISTAKES: &[(&str, &str)] = &[
    ("  - settle\n  - integrat: a b\n", "line 3: no verb \"integrat\": did you mean \"integrate\"?"),
    (
        "  - add-storage: a/0 data=1\n",
        "line 2: Juju command \"add-storage\" not supported on container models: name the storage in the step \"deploy\"",
    ),
    ("  - setle\n", "line 2: no verb \"setle\": did you mean \"settle\"?"),
    ("  - deploy:\n      name: a\n      unit: 3\n", "line 4: no key \"unit\" here: did you mean \"units\"?"),
    ("  - elect: {zzz: 3}\n", "line 2: no key \"zzz\" here: there is unit"),
    ("  - run:\n      unit: a/0\n", "line 3: the key \"action\" is missing: add \"action: ...\""),
    ("  - deploy: {name: a, name: b}\n", "line 2: the key \"name\" stands twice: remove one"),
    ("  - deploy: {units: three}\n", "line 2: \"three\" is not a whole number from 0 up"),
    (
        "  - scale: shell three\n",
        "line 2: \"scale: shell three\": \"three\" is not a whole number from 0 up; write \"scale: APPLICATION NUMBER\"",
    ),
    (
        "  - run: shell/0\n",
        "line 2: \"run: shell/0\": a word is missing; write \"run: UNIT ACTION [PARAMETER=VALUE ...]\"",
    ),
    ("  - run\n", "line 2: \"run\": a word is missing; write \"run: UNIT ACTION [PARAMETER=VALUE ...]\""),
    ("  - note: it's\n", "line 2: \"note: it's\": a quote is not closed"),
    ("  - kill: {}\n", "line 2: \"kill: {}\": give one of `pod`, `container`, `agent` and `call`"),
    (
        "  - integrate: {endpoint: a}\n",
        "line 2: \"integrate: {endpoint: a}\": \
        give the other end: one of `with` (an application) and `stand-in` (a name)",
    ),
    (
        "  - secret: revoke token shell\n",
        "line 2: \"secret: revoke token shell\": only `add` and `grant` take applications",
    ),
    (
        "  - integrate: {endpoint: a, stand-in: b, server: redis, app: {c: d}}\n",
        "line 2: \"integrate: {endpoint: a, stand-in: b, server: redis, app: {c: d}}\": a `server` writes its own databags",
    ),
    (
        "  - deploy\n  - settle:\n    elect: a/1\n",
        "line 4: \"elect\" is a second verb in one step: begin a new step with \"- elect:\", or indent a key further",
    ),
    (
        "  - wait-for:\n      of: a\n      status: active\n      limit: soon\n",
        "line 5: \"limit: soon\": write a time such as 90s or 5m",
    ),
    ("  - deploy: {trust: maybe}\n", "line 2: \"maybe\" is not true or false"),
    ("  - deploy: {images: [a]}\n", "line 2: \"[a]\" is not a map: write \"key: value\""),
    (
        "  - 3\n",
        "line 2: \"3\" is not a step: a step is a map with one verb, \"- config: [APPLICATION] OPTION=VALUE ...\"",
    ),
    ("  - deploy: [a\n", "line 2: the bracket '[' is not closed: add ']'"),
];

#[test]
fn a_mistake_is_told_with_its_line_and_a_remedy() {
    for (steps, wanted) in MISTAKES {
        assert_eq!(mistake(steps), format!("scene.yaml: {wanted}"), "{steps}");
    }
}

#[test]
fn a_file_that_is_no_scene_is_told_what_one_is() {
    let mistake = |text| Scene::parse("scene.yaml", text).unwrap_err().to_string();
    assert_eq!(mistake(""), "scene.yaml: line 1: the scene is empty: it is a map with the key \"steps\"");
    assert_eq!(mistake("step: []\n"), "scene.yaml: line 1: no key \"step\" here: did you mean \"steps\"?");
    assert_eq!(
        mistake("- deploy\n"),
        "scene.yaml: line 1: a scene is a map with the key \"steps\", which holds the list of steps"
    );
    assert_eq!(mistake("steps: deploy\n"), "scene.yaml: line 1: \"deploy\" is not a list: begin each item with \"- \"");
    assert_eq!(
        Scene::read("/nowhere/scene.yaml".as_ref()).unwrap_err().to_string(),
        "/nowhere/scene.yaml: reading the scene: No such file or directory (os error 2)"
    );
}

#[test]
fn the_schema_in_the_checkout_is_that_of_the_parser() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scene.schema.json");
    let is_same = std::fs::read_to_string(path).unwrap() == Scene::schema();
    assert!(is_same, "write it anew: stage schema >tests/stage/scene.schema.json");
}

/// Values of each type that JSON has, as they stand in a scene.
const VALUES: [(&str, &str); 6] =
    [("string", "a"), ("integer", "-3"), ("integer", "3"), ("number", "1.50"), ("boolean", "true"), ("null", "null")];

/// Whether the parser looks no further than at the type of a value.
fn is_of_wrong_type(mistake: &str) -> bool {
    ["not what belongs here", "cannot deserialize null"].iter().any(|words| mistake.contains(words))
}

/// Whether a part of the schema takes a type; an integer is a number, too.
fn takes(part: &Value, kind: &str) -> bool {
    let types = part["type"].as_array().cloned().unwrap_or_else(|| vec![part["type"].clone()]);
    types.contains(&kind.into()) || kind == "integer" && types.contains(&"number".into())
}

#[test]
fn the_short_forms_that_the_schema_takes_are_those_that_the_parser_takes() {
    let schema: Value = serde_json::from_str(&Scene::schema()).unwrap();
    for verb in schema["$defs"]["Verb"]["oneOf"].as_array().unwrap() {
        let name = verb["required"][0].as_str().unwrap();
        let forms = verb["properties"][name]["anyOf"].as_array().unwrap();
        for (kind, value) in VALUES {
            let is_of_type = |form: &str| {
                let parsed = Scene::parse("s", &format!("steps:\n  - {name}: {form}\n"));
                parsed.map_or_else(|error| !is_of_wrong_type(&error.to_string()), |_| true)
            };
            assert_eq!(is_of_type(value), takes(&forms[0], kind), "{name}: {value}");
            assert_eq!(is_of_type(&format!("[{value}]")), takes(&forms[1]["items"], kind), "{name}: [{value}]");
        }
    }
}

/// Where the long forms take any text, with a step around the place.
const PLACES: [(&str, &str, &str); 5] = [
    ("Integrate", "app/additionalProperties", "integrate: {endpoint: a, stand-in: b, app: {key: VALUE}}"),
    (
        "Integrate",
        "secrets/additionalProperties/additionalProperties",
        "integrate: {endpoint: a, stand-in: b, secrets: {key: {word: VALUE}}}",
    ),
    ("SecretAct", "content/additionalProperties", "secret: {add: a, content: {word: VALUE}}"),
    ("ExpectDatabag", "has/additionalProperties", "expect-databag: {of: a, has: {key: VALUE}}"),
    ("Exec", "command/items", "exec: {unit: a/0, command: [VALUE]}"),
];

#[test]
fn where_any_text_is_read_the_schema_takes_what_the_parser_takes() {
    let schema: Value = serde_json::from_str(&Scene::schema()).unwrap();
    for (said, place, step) in PLACES {
        let part = schema.pointer(&format!("/$defs/{said}/properties/{place}")).unwrap();
        for (kind, value) in VALUES.into_iter().chain([("array", "[a]"), ("object", "{a: b}")]) {
            let parsed = Scene::parse("s", &format!("steps:\n  - {}\n", step.replace("VALUE", value)));
            assert_eq!(parsed.is_ok(), takes(part, kind), "{said} {place}: {value}: {parsed:?}");
        }
    }
}

#[test]
fn the_schema_the_parser_and_the_page_of_help_have_the_same_verbs() {
    let schema: Value = serde_json::from_str(&Scene::schema()).unwrap();
    let one_of = schema["$defs"]["Verb"]["oneOf"].as_array().unwrap();
    let in_schema: BTreeSet<&str> = one_of.iter().map(|verb| verb["required"][0].as_str().unwrap()).collect();
    let error = mistake("  - q\n");
    let in_parser: BTreeSet<&str> = error.rsplit("there are ").next().unwrap().split(", ").collect();
    let in_help: BTreeSet<&str> = VERBS.iter().map(|(usage, _)| usage.split(':').next().unwrap()).collect();
    assert_eq!((&in_schema, &in_help), (&in_parser, &in_parser));
}
