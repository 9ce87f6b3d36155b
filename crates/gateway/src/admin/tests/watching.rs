//! What watching refuses: every wrong parameter with what it should be, all at once.

use super::Api;

#[tokio::test]
async fn a_wrong_query_is_refused_with_everything_that_is_wrong_about_it() {
    let api = Api::new().await;
    let check = async |path: &str, fields: &[(&str, &str)]| {
        let refused = api.get(path).await.is(400);
        assert_eq!(refused["name"], "schema violation", "{path}: {refused}");
        let told = refused["fields"].as_object().unwrap();
        assert_eq!(told.len(), fields.len(), "{path}: {refused}");
        for (name, part) in fields {
            let message = told[*name].as_str().unwrap_or_default();
            assert!(message.contains(part), "{path}: {name}: {message}");
        }
    };
    check(
        "/requests?size=0&status=9xx&since=noon",
        &[
            ("size", "between 1 and 1000"),
            ("status", "'9xx' is not a status such as 429"),
            ("since", "2030-01-31T12:00:00Z"),
        ],
    )
    .await;
    check(
        "/requests?upstraem=a&offset=x&environment=test",
        &[
            ("upstraem", "unknown parameter; there are size, offset, upstream"),
            ("offset", "handed out"),
            ("environment", "production or sandbox"),
        ],
    )
    .await;
    check("/requests/some-id?verbose=1", &[("verbose", "there are none here")]).await;
    check(
        "/stats?by=colour&step=61&since=2099-01-01T00:00:00Z",
        &[
            ("by", "provider, model, credential, route"),
            ("step", "whole minutes"),
            ("since", "in the future"),
        ],
    )
    .await;
    check("/stats?step=60&since=2020-01-01T00:00:00Z", &[("since", "three hours")]).await;
    check("/stats?step=3600&since=2020-01-01T00:00:00Z", &[("since", "2160 steps ago")]).await;
    check("/stats?step=5400", &[("step", "not whole hours")]).await;
    check("/stats?step=420", &[("step", "not a part of an hour")]).await;
}

#[tokio::test]
async fn nothing_is_an_empty_list_and_what_is_not_there_is_not_found() {
    let api = Api::new().await;
    let list = api.get("/requests").await.is(200);
    assert_eq!((&list["data"], &list["next"]), (&serde_json::json!([]), &serde_json::Value::Null));
    assert_eq!(api.get("/stats?by=provider").await.is(200)["series"], serde_json::json!([]));
    api.get("/requests/nobody").await.is(404);
}
