//! Pages, filters, and conditions on what the caller has seen.

use serde_json::json;

use super::{Api, FORM, request};

#[tokio::test]
async fn conditions_guard_against_lost_updates() {
    let api = Api::new().await;
    let stale = api.form("POST", "/upstreams", "name=one").await.header("etag").to_owned();
    let fresh = api.form("PATCH", "/upstreams/one", "slots=100").await.header("etag").to_owned();
    let patch = async |tag: &str| {
        let headers = [("content-type", FORM), ("if-match", tag)];
        api.send(request("PATCH", "/upstreams/one", &headers, "slots=200")).await.status
    };
    assert_eq!(patch(&stale).await, 412);
    assert_eq!(patch(&fresh).await, 200);
    assert_eq!(patch("*").await, 200);
    let delete = request("DELETE", "/upstreams/one", &[("if-match", &stale)], "");
    assert_eq!(api.send(delete).await.status, 412);

    let only_new = [("content-type", FORM), ("if-none-match", "*")];
    let put = request("PUT", "/upstreams/one", &only_new, "");
    assert_eq!(api.send(put).await.status, 412);
    let add = || request("POST", "/upstreams/one/targets", &only_new, "target=a.example");
    assert_eq!(api.send(add()).await.status, 201);
    assert_eq!(api.send(add()).await.status, 412);
}

#[tokio::test]
async fn what_the_caller_already_has_is_not_sent_again() {
    let api = Api::new().await;
    let tag = api.form("POST", "/upstreams", "name=one").await.header("etag").to_owned();
    let again = api.send(request("GET", "/upstreams/one", &[("if-none-match", &tag)], "")).await;
    assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", tag.as_str()));
    let other = api.send(request("GET", "/upstreams/one", &[("if-none-match", "\"x\"")], "")).await;
    assert_eq!(other.status, 200);
    let target =
        api.form("POST", "/upstreams/one/targets", "target=a.example").await.header("etag").to_owned();
    let path = "/upstreams/one/targets/a.example:443";
    let again = api.send(request("GET", path, &[("if-none-match", &target)], "")).await;
    assert_eq!(again.status, 200, "a target's state changes without its tag");
}

#[tokio::test]
async fn lists_come_in_pages_that_lead_from_one_to_the_next() {
    let api = Api::new().await;
    for number in 0..5 {
        let data = format!("name=u{number}&tags[]=all&tags[]=n{number}");
        api.form("POST", "/upstreams", &data).await.is(201);
    }
    let mut next = Some("/upstreams?size=2&tags=all".to_owned());
    let mut names = Vec::new();
    let mut pages = 0;
    while let Some(path) = next {
        let page = api.get(&path).await.is(200);
        let rows = page["data"].as_array().unwrap();
        assert!(rows.len() <= 2);
        names.extend(rows.iter().map(|it| it["name"].as_str().unwrap().to_owned()));
        assert_eq!(page["next"].is_null(), page.get("offset").is_none());
        next = page["next"].as_str().map(str::to_owned);
        pages += 1;
    }
    assert_eq!((pages, names), (3, ["u0", "u1", "u2", "u3", "u4"].map(str::to_owned).to_vec()));
    let named = async |query: &str| {
        let page = api.get(&format!("/upstreams?{query}")).await.is(200);
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(named("tags=all,n1").await, 1);
    assert_eq!(named("tags=n1/n2").await, 2);
    assert_eq!(api.get("/services").await.is(200), json!({"data": [], "next": null}));
    for (query, code) in [("size=0", 9), ("size=1001", 9), ("size=x", 9), ("offset=nonsense", 7)] {
        assert_eq!(api.get(&format!("/upstreams?{query}")).await.is(400)["code"], code, "{query}");
    }
}
