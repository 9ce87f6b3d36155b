//! `healthchecks.threshold`: below that percentage of healthy weight the upstream as a whole is unhealthy.

use crate::support::{Spillway, calls, vendor};

#[tokio::test]
async fn below_the_threshold_the_upstream_is_unhealthy_and_answers_503_until_enough_weight_is_back() {
    let spillway = Spillway::start();
    let (big, small) = (vendor("big").await, vendor("small").await);
    spillway.upstream("ai", &["healthchecks.threshold=50"]).await;
    spillway.target("ai", &big, &["weight=200"]).await;
    spillway.target("ai", &small, &["weight=100"]).await;
    let health = async || spillway.admin("GET", "/upstreams/ai/health").await.json()["health"].clone();
    assert_eq!(health().await, "HEALTHY");

    let order = async |which: &simulator::Vendor, word: &str| {
        let path = format!("/upstreams/ai/targets/{}/{word}", which.addr());
        assert_eq!(spillway.admin("PUT", &path).await.status, 204);
    };
    order(&small, "unhealthy").await;
    assert_eq!(health().await, "HEALTHY", "two thirds are left");
    assert_eq!(spillway.chat("ai").await.status, 200);

    order(&small, "healthy").await;
    order(&big, "unhealthy").await;
    assert_eq!(health().await, "UNHEALTHY", "a third is too little");
    let answer = spillway.chat("ai").await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json()["error"]["code"], "no_target_available");
    assert_eq!(calls(&small), 0);
    assert_eq!(spillway.health("ai", &small).await["health"], "HEALTHY", "the target itself is well");

    order(&big, "healthy").await;
    assert_eq!(health().await, "HEALTHY");
    assert_eq!(spillway.chat("ai").await.status, 200);
}

#[tokio::test]
async fn without_a_threshold_an_upstream_is_healthy_while_anybody_is() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &["weight=1"]).await;
    spillway.target("ai", &two, &["weight=1000"]).await;
    for (vendor, wanted) in [(&two, "HEALTHY"), (&one, "UNHEALTHY")] {
        let path = format!("/upstreams/ai/targets/{}/unhealthy", vendor.addr());
        assert_eq!(spillway.admin("PUT", &path).await.status, 204);
        let health = spillway.admin("GET", "/upstreams/ai/health").await.json();
        assert_eq!(health["health"], wanted);
    }
}
