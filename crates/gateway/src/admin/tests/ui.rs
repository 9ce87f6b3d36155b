//! The dashboard's files: who gets them, how they are kept, where else one is sent.
//!
//! Whether the dashboard has been built does not matter here: without, there is the page that says how.

use config::Secret;

use super::{Access, Api, nobody_asked, open_access, request};

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

#[tokio::test]
async fn a_browser_is_sent_to_the_dashboard_and_a_script_is_not() {
    let api = Api::new().await;
    let sent = api.send(request("GET", "/", &[BROWSER], "")).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/ui/"));
    assert_eq!(api.get("/ui").await.header("location"), "/ui/");
    assert!(api.get("/").await.is(200)["version"].is_string());
}

#[tokio::test]
async fn the_pages_need_no_token_and_everything_else_does() {
    let access = Access { token: Some(Secret::new("correct-horse".to_owned())), ..open_access() };
    let api = Api::start(tempfile::tempdir().unwrap(), Default::default(), access, nobody_asked()).await;
    assert_eq!(api.get("/ui/").await.status, 200);
    assert_eq!(api.send(request("GET", "/", &[BROWSER], "")).await.status, 303);
    for path in ["/", "/upstreams", "/uix", "/try/v1/models"] {
        assert_eq!(api.get(path).await.status, 401, "{path}");
    }
    assert_eq!(api.send(request("POST", "/ui/", &[], "")).await.status, 401);
}

#[tokio::test]
async fn a_deep_link_gets_the_index_and_a_missing_file_does_not() {
    let api = Api::new().await;
    let index = api.get("/ui/").await;
    assert_eq!((index.status, index.header("content-type")), (200, "text/html; charset=utf-8"));
    for page in ["/ui/providers/openai", "/ui/models/openai/gpt-4.1", "/ui/requests"] {
        assert_eq!(api.get(page).await.text, index.text, "{page}");
    }
    for missing in ["/ui/assets/gone-1a2b3c.js", "/ui/gone.png", "/ui/../Cargo.toml.json"] {
        assert_eq!(api.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn the_index_is_asked_for_anew_and_bears_a_strict_policy() {
    let api = Api::new().await;
    let index = api.get("/ui/").await;
    assert_eq!(index.header("cache-control"), "no-cache");
    assert_eq!(index.header("x-content-type-options"), "nosniff");
    let policy = index.header("content-security-policy").to_owned();
    assert!(
        policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("script-src") && !policy.contains("http"), "{policy}");
    let again = api.send(request("GET", "/ui/", &[("if-none-match", index.header("etag"))], "")).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}
