//! Tools that read.

use discourse_k8s::juju::Status;
use serde_json::json;

use crate::tools::{FakeTools, relation, texts, unit};

#[tokio::test]
async fn answers_are_read_as_typed_values() {
    let fake = FakeTools::with([
        ("config-get", r#"echo '{"external_hostname":"x","max":5}'"#),
        ("is-leader", "echo true"),
        ("status-get", r#"echo '{"message":"m","status":"active","status-data":{}}'"#),
        ("goal-state", r#"echo '{"units": {"forum/0": {}}, "relations": {"redis": {"r": {"status": "joined"}}}}'"#),
        ("relation-ids", r#"echo '["database:7"]'"#),
        ("relation-list", r#"echo '["pg/0","pg/11"]'"#),
        ("relation-get", r#"echo '{"endpoints":"a:5432","data":"{}"}'"#),
        ("relation-model-get", r#"echo '{"uuid":"u"}'"#),
        ("action-get", r#"echo '{"email":"a@b.c"}'"#),
        ("state-get", "echo null"),
    ]);
    let tools = fake.tools();
    let options = json!({"external_hostname": "x", "max": 5});
    assert_eq!(json!(tools.config_get().await.unwrap()), options);
    assert!(tools.is_leader().await.unwrap());
    let status = Status { status: "active".to_owned(), message: "m".to_owned() };
    assert_eq!(tools.status_get().await.unwrap(), status);
    assert_eq!(tools.goal_state().await.unwrap().related, ["redis".to_owned()].into());
    assert_eq!(tools.relation_ids("database").await.unwrap(), [relation()]);
    assert_eq!(tools.relation_list(&relation()).await.unwrap(), [unit("pg/0"), unit("pg/11")]);
    let bag = texts([("endpoints", "a:5432"), ("data", "{}")]);
    assert_eq!(tools.relation_get_unit(&relation(), &unit("pg/0")).await.unwrap(), bag);
    assert_eq!(tools.relation_get_app(&relation(), "pg").await.unwrap(), bag);
    assert_eq!(tools.relation_model_get(&relation()).await.unwrap(), "u");
    assert_eq!(json!(tools.action_get().await.unwrap()), json!({"email": "a@b.c"}));
    assert_eq!(tools.state_get().await.unwrap(), texts([]));
    let asked =
        ["--format=json", "-r", "database:7", "-", "pg/0", "--format=json", "-r", "database:7", "--app", "-", "pg"];
    assert_eq!(fake.words("relation-get"), asked);
}
