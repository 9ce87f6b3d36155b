//! Rules choose the attempts they are meant for.

use simulator::{Nth, Rule, Script, Step, client};

use crate::{CHAT, PLAIN, vendor};

#[tokio::test]
async fn rules_choose_by_key_model_number_and_use() {
    let rules = vec![
        Rule::always([Step::status(401)]).for_credential("sk-bad"),
        Rule::always([Step::status(404)]).for_model("absent"),
        Rule::always([Step::status(500)]).for_nth(Nth::Every(2)),
        Rule::always([Step::status(503)]).times(1),
    ];
    let vendor = vendor(rules.into()).await;
    let status = async |key: &str, body: &str| {
        let key = format!("Bearer {key}");
        client::post_json(vendor.addr(), CHAT, &[("authorization", &key)], body).await.unwrap().status
    };
    assert_eq!(status("sk-bad", PLAIN).await, 401);
    assert_eq!(status("sk", r#"{"model":"absent"}"#).await, 404);
    assert_eq!(status("sk", PLAIN).await, 503, "first of the third rule, only one of the fourth");
    assert_eq!(status("sk", PLAIN).await, 500);
    assert_eq!(status("sk", PLAIN).await, 200);
    let rules: Vec<Option<String>> = vendor.log().into_iter().map(|it| it.rule).collect();
    assert_eq!(
        rules,
        ["0", "1", "3", "2"].map(|it| Some(it.to_owned())).into_iter().chain([None]).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_limiter_counts_per_key_and_tells_the_truth() {
    let script: Script =
        serde_json::from_str(r#"{"rules":[{"steps":[{"limiter":{"rpm":2,"kind":"fixed_window"}}]}]}"#)
            .unwrap();
    let vendor = vendor(script).await;
    let ask =
        async |key: &str| client::post_json(vendor.addr(), CHAT, &[("api-key", key)], PLAIN).await.unwrap();
    let first = ask("a").await;
    assert_eq!((first.status, first.header("x-ratelimit-remaining-requests")), (200, Some("1")));
    assert_eq!(ask("a").await.status, 200);
    let third = ask("a").await;
    assert_eq!((third.status, third.header("x-ratelimit-remaining-requests")), (429, Some("0")));
    let retry_after: u64 = third.header("retry-after").unwrap().parse().unwrap();
    assert!((50..=60).contains(&retry_after), "{retry_after}");
    assert_eq!(ask("b").await.status, 200, "another key has its own limit");
}
