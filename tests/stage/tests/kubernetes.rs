//! The API of Kubernetes, as a charm reaches it from its container.
#![cfg(test)]

use serde_json::{Value, json};
use stage::{Deployment, Stage};
use std::fs;

/// A charm with a pod that may do what it likes, or only what Juju's default role allows.
struct Served {
    stage: Stage,
}

/// What the API answered: its code, and the document.
#[derive(Debug)]
struct Answer {
    code: u64,
    body: Value,
}

const ACCOUNT: &str = "cd /var/run/secrets/kubernetes.io/serviceaccount;";

impl Served {
    fn new(trusted: bool) -> Self {
        let charm = tempfile::tempdir().unwrap();
        fs::write(charm.path().join("metadata.yaml"), "name: served\ncontainers: {web: {}}\n").unwrap();
        let mut stage = Stage::builder().charm(charm.path()).units(2).build().unwrap();
        stage.deploy();
        if trusted {
            stage.trust();
        }
        stage.settle().unwrap();
        Self { stage }
    }

    fn run(&mut self, line: &str) -> String {
        let ran = self.stage.exec(0, &["bash", "-c", line]).unwrap();
        ran.results.get("stdout").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A request with the account's token, through `curl`, which trusts the account's authority alone.
    fn ask(&mut self, method: &str, path: &str, kind: &str, body: &Value) -> Answer {
        let line = format!(
            "{ACCOUNT} curl -s --cacert ca.crt -H \"Authorization: Bearer $(cat token)\" -H 'Content-Type: application/{kind}' \
             -X {method} --data '{body}' -w '\\n%{{http_code}}' \"https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT{path}\""
        );
        let printed = self.run(&line);
        let (body, code) = printed.trim_end().rsplit_once('\n').unwrap_or_else(|| panic!("{printed}"));
        Answer { code: code.parse().unwrap(), body: serde_json::from_str(body).unwrap() }
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "json", &Value::Null)
    }
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

#[test]
fn a_cluster_shows_what_juju_made_for_the_application() {
    let mut served = Served::new(true);
    let address = served.stage.unit(1).address().to_string();
    assert_eq!(served.run(&format!("{ACCOUNT} ls; cat namespace")), "ca.crt\nnamespace\ntoken\nforum");
    let set = served.get("/apis/apps/v1/namespaces/forum/statefulsets/served").body;
    assert_eq!(
        (&set["kind"], &set["spec"]["replicas"], &set["status"]["readyReplicas"]),
        (&json!("StatefulSet"), &json!(2), &json!(2))
    );
    let services = served.get("/api/v1/namespaces/forum/services").body;
    assert_eq!((names(&services), &services["kind"]), (vec!["served", "served-endpoints"], &json!("ServiceList")));
    let pods = served.get("/api/v1/namespaces/forum/pods?labelSelector=app.kubernetes.io%2Fname%3Dserved").body;
    assert_eq!((names(&pods), &pods["items"][1]["status"]["podIP"]), (vec!["served-0", "served-1"], &json!(address)));
    served.stage.remove_unit(1).unwrap();
    served.stage.settle().unwrap();
    assert_eq!(names(&served.get("/api/v1/namespaces/forum/pods").body), ["served-0"]);
}

/// What Juju makes for an application.
const KINDS: [&str; 4] = [
    "api/v1/namespaces/forum/pods",
    "api/v1/namespaces/forum/services",
    "api/v1/namespaces/forum/serviceaccounts",
    "apis/apps/v1/namespaces/forum/statefulsets",
];

#[test]
fn what_juju_made_for_an_application_goes_with_it() {
    let mut served = Served::new(true);
    let charm = tempfile::tempdir().unwrap();
    fs::write(charm.path().join("metadata.yaml"), "name: other\n").unwrap();
    served.stage.deploy_application(Deployment::new(charm.path())).unwrap();
    served.stage.settle().unwrap();
    let others = |served: &mut Served| -> Vec<usize> {
        let paths = KINDS.map(|kind| format!("/{kind}"));
        let count =
            |path: String| names(&served.get(&path).body).iter().filter(|name| name.starts_with("other")).count();
        paths.map(count).to_vec()
    };
    assert_eq!(others(&mut served), [1, 2, 1, 1]);
    served.stage.application("other").unwrap().remove();
    served.stage.settle().unwrap();
    assert_eq!(others(&mut served), [0; 4]);
}

#[test]
fn an_object_of_any_kind_lives_from_its_creation_to_its_end() {
    let mut served = Served::new(true);
    let path = "/apis/example.com/v1/namespaces/forum/things";
    let thing = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "one"}, "spec": {"a": 1, "list": [1, 2]}});
    let created = served.ask("POST", path, "json", &thing);
    assert_eq!((created.code, &created.body["metadata"]["namespace"]), (201, &json!("forum")));
    assert_eq!(served.ask("POST", path, "json", &thing).body["reason"], "AlreadyExists");
    let one = format!("{path}/one");
    let patched = served.ask("PATCH", &one, "strategic-merge-patch+json", &json!({"spec": {"list": [3], "b": 2}}));
    assert_eq!((patched.code, &patched.body["spec"]), (200, &json!({"a": 1, "list": [3], "b": 2})));
    let stale = served.ask("PUT", &one, "json", &created.body);
    assert_eq!((stale.code, &stale.body["reason"]), (409, &json!("Conflict")));
    let applied = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "two"}});
    let two = format!("{path}/two?fieldManager=test");
    assert_eq!(served.ask("PATCH", &two, "apply-patch+yaml", &applied).code, 201);
    assert_eq!(served.ask("PATCH", &two, "apply-patch+yaml", &applied).code, 200);
    assert_eq!(
        served.ask("PATCH", &one, "json-patch+json", &json!([{"op": "remove", "path": "/spec/b"}])).body["spec"],
        json!({"a": 1, "list": [3]})
    );
    assert_eq!(served.ask("PATCH", &format!("{path}/three"), "merge-patch+json", &json!({})).code, 404);
    let list = served.get(path).body;
    assert_eq!((names(&list), &list["kind"]), (vec!["one", "two"], &json!("ThingList")));
    assert_eq!(served.ask("DELETE", &one, "json", &Value::Null).body["status"], "Success");
    let gone = served.get(&one);
    let expected = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "things.example.com \"one\" not found",
        "reason": "NotFound", "details": {"name": "one", "group": "example.com", "kind": "things"}, "code": 404,
    });
    assert_eq!((gone.code, gone.body), (404, expected));
}

#[test]
fn without_trust_an_application_may_do_what_jujus_role_allows() {
    let mut served = Served::new(false);
    assert_eq!(served.get("/api/v1/namespaces/forum/pods/served-0").code, 200);
    let patch = json!({"spec": {"type": "NodePort"}});
    assert_eq!(served.ask("PATCH", "/api/v1/namespaces/forum/services/served", "merge-patch+json", &patch).code, 200);
    assert_eq!(served.get("/api/v1/namespaces").code, 200);
    let refused = served.get("/apis/apps/v1/namespaces/forum/statefulsets/served");
    assert_eq!((refused.code, &refused.body["reason"]), (403, &json!("Forbidden")));
    let message = "statefulsets.apps \"served\" is forbidden: User \"system:serviceaccount:forum:served\" cannot get resource \"statefulsets\" \
        in API group \"apps\" in the namespace \"forum\"";
    assert_eq!(refused.body["message"], message);
    assert_eq!(
        served.get("/api/v1/nodes").body["message"],
        "nodes is forbidden: User \"system:serviceaccount:forum:served\" \
        cannot list resource \"nodes\" in API group \"\" at the cluster scope"
    );
    served.stage.trust();
    assert_eq!(served.get("/apis/apps/v1/namespaces/forum/statefulsets/served").code, 200);
}

#[test]
fn nobody_gets_in_without_a_token_or_trusts_another_authority() {
    let mut served = Served::new(true);
    let url = "https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/forum/pods";
    let line = format!(
        "{ACCOUNT} curl -s --cacert ca.crt {url}; curl -s --cacert ca.crt -o /dev/null -w '\\n%{{http_code}}\\n' https://$KUBERNETES_SERVICE_HOST/version; curl -s {url}; echo $?"
    );
    let printed = served.run(&line);
    let lines: Vec<&str> = printed.lines().collect();
    let refused = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "Unauthorized", "reason": "Unauthorized", "code": 401});
    assert_eq!((serde_json::from_str::<Value>(lines[0]).unwrap(), lines[1], lines[2]), (refused, "200", "60"));
}

/// Charms look for the address there without a question whether there is a status.
#[test]
fn an_ingress_has_a_status_from_the_start_and_keeps_it() {
    let mut served = Served::new(true);
    let path = "/apis/networking.k8s.io/v1/namespaces/forum/ingresses";
    let mut ingress = json!({"metadata": {"name": "one"}, "spec": {"rules": []}});
    assert_eq!(served.ask("POST", path, "json", &ingress).body["status"], json!({"loadBalancer": {}}));
    let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}});
    served.ask("PATCH", &format!("{path}/one/status"), "merge-patch+json", &status);
    ingress["spec"]["rules"] = json!([{"host": "a.example"}]);
    assert_eq!(served.ask("PUT", &format!("{path}/one"), "json", &ingress).body["status"], status["status"]);
}

/// As the client of Kubernetes for Python does.
#[test]
fn the_scheme_of_a_token_may_be_written_in_small_letters() {
    let mut served = Served::new(true);
    let url = "https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/forum/pods";
    let ask = |scheme: &str| {
        format!(
            "{ACCOUNT} curl -s -o /dev/null -w '%{{http_code}}' --cacert ca.crt -H \"Authorization: {scheme} $(cat token)\" {url}"
        )
    };
    assert_eq!(["Bearer", "bearer", "Basic"].map(|scheme| served.run(&ask(scheme))), ["200", "200", "401"]);
}

#[test]
fn a_client_can_discover_what_there_is() {
    let mut served = Served::new(true);
    assert_eq!(served.get("/version").body["gitVersion"], "v1.31.0");
    assert_eq!(served.get("/api").body["versions"], json!(["v1"]));
    let groups = served.get("/apis").body;
    let apps = groups["groups"].as_array().unwrap().iter().find(|group| group["name"] == "apps").cloned().unwrap();
    assert_eq!(apps["preferredVersion"], json!({"groupVersion": "apps/v1", "version": "v1"}));
    let core = served.get("/api/v1").body;
    let pods = core["resources"].as_array().unwrap().iter().find(|kind| kind["name"] == "pods").cloned().unwrap();
    assert_eq!((&pods["kind"], &pods["namespaced"]), (&json!("Pod"), &json!(true)));
    let names = json!({"plural": "things", "kind": "Thing"});
    let spec = json!({"group": "example.com", "scope": "Namespaced", "names": names, "versions": [{"name": "v1"}]});
    let definition =
        json!({"kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"}, "spec": spec});
    served.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "json", &definition);
    assert_eq!(served.get("/apis/example.com/v1").body["resources"][0]["name"], "things");
    assert_eq!(served.get("/apis/nowhere.com/v1").code, 404);
}

#[test]
fn a_watch_tells_what_is_there_and_then_what_changes() {
    let mut served = Served::new(true);
    let line = format!(
        "{ACCOUNT} ask() {{ curl -sN --cacert ca.crt -H \"Authorization: Bearer $(cat token)\" \"$@\"; }}
        url=https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/forum/configmaps
        post() {{ ask -o /dev/null --data \"{{\\\"metadata\\\": {{\\\"name\\\": \\\"$1\\\"}}}}\" $url; }}
        post one
        ask \"$url?watch=true&timeoutSeconds=2\" & sleep 1; post two; ask -o /dev/null -X DELETE $url/one; wait"
    );
    let printed = served.run(&line);
    let events: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<(&str, &str)> = events
        .iter()
        .map(|event| (event["type"].as_str().unwrap(), event["object"]["metadata"]["name"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("ADDED", "one"), ("ADDED", "two"), ("DELETED", "one")]);
}

#[test]
fn the_pods_of_a_changed_stateful_set_have_its_containers() {
    let mut served = Served::new(true);
    let set = "/apis/apps/v1/namespaces/forum/statefulsets/served";
    let containers = json!([{"name": "web", "resources": {"limits": {"memory": "1Gi"}}}]);
    let change = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    served.ask("PATCH", set, "merge-patch+json", &change);
    assert_eq!(served.get("/api/v1/namespaces/forum/pods/served-0").body["spec"]["containers"], containers);
    assert_eq!(served.get(set).body["metadata"]["generation"], 2);
}
