//! `rebake-posts`: posts are rendered anew, now or little by little by Discourse itself.

use serde_json::json;

use crate::{
    discourse::{aside, job::Job},
    workload,
};

use super::{
    Action, Failure, Results, Scene,
    operation::{DONE, all_said},
};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "rebake-posts", done: DONE, perform: |scene| Box::pin(perform(scene)) };

/// Marks all posts and counts them; the rate is a site setting.
///
/// *Source*: Discourse `app/models/post.rb` (`rebake_old`), `config/site_settings.yml` (`rebake_old_posts_count`),
/// `config/discourse_defaults.conf` (`max_old_rebakes_per_15_minutes`).
const MARK: &str = "\
UPDATE posts SET baked_version = NULL WHERE deleted_at IS NULL;
SELECT 'remaining ' || count(*) FROM posts WHERE baked_version IS NULL AND deleted_at IS NULL;
SELECT 'rate ' || coalesce((SELECT value FROM site_settings WHERE name = 'rebake_old_posts_count'), '80');
";

/// How often Discourse renders some of them. *Units*: minutes.
const INTERVAL: u64 = 15;

/// The most that it renders then, whatever the setting is.
const MOST: u64 = 300;

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let posts = scene.parameters.choice("posts", &["marked", "all", "background"])?;
    scene.wait()?;
    let environment = scene.free_environment().await?;
    if posts == "background" {
        let answer =
            workload::psql(scene.clients.pebble, &environment, aside::locked(MARK), workload::CHANGE_PATIENCE).await;
        let answer = answer.map_err(|error| scene.away(&error))?;
        let answer = answer.map_err(|why| Failure(format!("PostgreSQL refuses: {}", scene.excerpt(&why))))?;
        let is_busy = answer.lines().last() == Some(aside::BUSY);
        return if is_busy { Err(scene.busy("one that was begun before")) } else { Ok(estimate(&answer)) };
    }
    let keys = ["total", "remaining", "failed"];
    scene.operate(Job::Rebake, &json!({"posts": posts}), environment, |result| all_said(result, &keys)).await
}

/// How long the posts of an answer take.
fn estimate(answer: &str) -> Results {
    let number = |name: &str| {
        let line = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or_default()
    };
    let (remaining, rate) = (number("remaining"), number("rate").min(MOST));
    let hours = remaining.div_ceil(rate.max(1)).saturating_mul(INTERVAL).div_ceil(60);
    let estimate = if rate == 0 { "never: rebake_old_posts_count is 0".to_owned() } else { format!("about {hours} h") };
    vec![
        ("status", "done".to_owned()),
        ("remaining", remaining.to_string()),
        ("rate", format!("{rate} posts in {INTERVAL} minutes, the newest first")),
        ("estimate", estimate),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_follows_from_the_rate() {
        let of = |answer: &str| estimate(answer).into_iter().find(|(key, _)| *key == "estimate").map(|(_, text)| text);
        assert_eq!(of("remaining 1000\nrate 80\n").as_deref(), Some("about 4 h"));
        assert_eq!(of("remaining 1000\nrate 0\n").as_deref(), Some("never: rebake_old_posts_count is 0"));
        assert_eq!(of("remaining 100000\nrate 2000\n").as_deref(), Some("about 84 h"));
    }
}
