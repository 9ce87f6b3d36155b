//! Scripted answers are on the wire as they were written.

use std::time::SystemTime;

use serde_json::json;
use simulator::script::{ErrorAnswer, ErrorIn200, StatusAnswer};
use simulator::{ErrorClass, Script, Step, Vendor, VendorConfig, client};

use crate::{CHAT, PLAIN, STREAM, played, vendor};

#[tokio::test]
async fn a_status_is_answered_with_its_headers_and_body() {
    let answer = StatusAnswer {
        code: 418,
        headers: vec![("x-a".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())],
        json: Some(json!({"tea": true})),
        text: None,
    };
    let response = played([Step::Status(answer)], PLAIN).await.unwrap();
    assert_eq!((response.status, response.json()), (418, json!({"tea": true})));
    assert_eq!(response.headers.iter().filter(|(name, _)| name == "x-a").count(), 2);
    let bare = played([Step::status(503)], PLAIN).await.unwrap();
    assert_eq!((bare.status, bare.body.len(), bare.complete), (503, 0, true));
}

#[tokio::test]
async fn errors_are_those_of_the_vendor() {
    let rows = [
        (ErrorClass::RateLimit, 429, 429),
        (ErrorClass::Quota, 429, 429),
        (ErrorClass::Billing, 402, 400),
        (ErrorClass::Auth, 401, 401),
        (ErrorClass::Permission, 403, 403),
        (ErrorClass::Overloaded, 503, 529),
        (ErrorClass::Server, 500, 500),
        (ErrorClass::Timeout, 504, 504),
        (ErrorClass::ModelNotFound, 404, 404),
        (ErrorClass::ContextLength, 400, 400),
        (ErrorClass::ContentPolicy, 400, 400),
    ];
    let vendor = vendor(Script::good()).await;
    for (class, openai, anthropic) in rows {
        vendor.script(Script::always([Step::error(class)]));
        let response = client::post_json(vendor.addr(), CHAT, &[], PLAIN).await.unwrap();
        assert_eq!(response.status, openai, "{class:?}");
        assert!(response.json()["error"]["message"].is_string(), "{class:?}");
        let response = client::post_json(vendor.addr(), "/v1/messages", &[], STREAM).await.unwrap();
        assert_eq!((response.status, &response.json()["type"]), (anthropic, &json!("error")), "{class:?}");
    }
}

#[tokio::test]
async fn an_error_says_when_to_come_back_exactly_as_written() {
    for value in ["2", "0.5", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        let response = played([Step::rate_limited(value)], PLAIN).await.unwrap();
        assert_eq!(response.header("retry-after"), Some(value));
    }
    let error = ErrorAnswer {
        class: ErrorClass::RateLimit,
        headers: vec![("retry-after-ms".to_owned(), "350".to_owned())],
        ..ErrorAnswer::default()
    };
    let response = played([Step::Error(error)], PLAIN).await.unwrap();
    assert_eq!((response.header("retry-after-ms"), response.header("retry-after")), (Some("350"), None));
}

#[tokio::test]
async fn an_error_inside_a_200_stands_where_it_is_told_to() {
    let error = |after_opening| Step::ErrorIn200(ErrorIn200 { class: ErrorClass::Overloaded, after_opening });
    let plain = played([error(false)], PLAIN).await.unwrap();
    assert_eq!((plain.status, &plain.json()["error"]["code"]), (200, &json!("overloaded")));

    let first = played([error(false)], STREAM).await.unwrap();
    assert_eq!((first.event_data().len(), first.complete), (1, true));
    assert!(first.event_data()[0]["error"].is_object());

    let later = played([error(true)], STREAM).await.unwrap().event_data();
    assert_eq!((later.len(), &later[0]["choices"][0]["delta"]["role"]), (2, &json!("assistant")));
    assert!(later[1]["error"].is_object());

    let vendor = vendor(Script::always([error(false)])).await;
    let messages = client::post_json(vendor.addr(), "/v1/messages", &[], STREAM).await.unwrap();
    assert!(messages.text().starts_with("event: error\ndata: "));
}

#[tokio::test]
async fn broken_200s_look_good_from_the_head() {
    let html = played([Step::Html200], PLAIN).await.unwrap();
    assert_eq!((html.status, html.body.starts_with(b"<!doctype html>")), (200, true));
    let empty = played([Step::Empty200], PLAIN).await.unwrap();
    assert_eq!((empty.status, empty.body.len(), empty.complete), (200, 0, true));
}

#[tokio::test]
async fn a_redirect_names_its_location() {
    let response = played([Step::Redirect("http://elsewhere/".to_owned())], PLAIN).await.unwrap();
    assert_eq!((response.status, response.header("location")), (307, Some("http://elsewhere/")));
}

#[tokio::test]
async fn a_huge_header_and_an_oversized_event_are_as_big_as_asked() {
    let response = played([Step::HugeHeader(100_000)], PLAIN).await.unwrap();
    assert_eq!((response.status, response.header("x-padding").map(str::len)), (200, Some(100_000)));
    let response = played([Step::OversizedSseEvent(1_000_000)], STREAM).await.unwrap();
    let content = response.event_data()[1]["choices"][0]["delta"]["content"].as_str().map(str::len);
    assert_eq!(content, Some(1_000_000));
}

#[tokio::test]
async fn a_retry_after_may_be_a_date_by_a_clock_that_is_wrong() {
    for (from_now, skew) in [(30, 0), (30, 3600), (-10, -3600)] {
        let error = ErrorAnswer {
            retry_after_date_s: Some(from_now),
            clock_skew_s: skew,
            ..ErrorClass::RateLimit.into()
        };
        let response = played([Step::Error(error)], PLAIN).await.unwrap();
        let time = |name: &str| httpdate::parse_http_date(response.header(name).unwrap()).unwrap();
        let (date, back) = (time("date"), time("retry-after"));
        let wait = back.duration_since(date).map(|it| it.as_secs()).unwrap_or(0);
        assert_eq!(wait, u64::try_from(from_now).unwrap_or(0));
        let ahead = SystemTime::now().duration_since(date).map(|it| -i64::try_from(it.as_secs()).unwrap());
        let ahead = ahead.unwrap_or_else(|it| i64::try_from(it.duration().as_secs()).unwrap());
        assert!((ahead - i64::from(skew)).abs() <= 2, "{ahead} {skew}");
    }
}

#[tokio::test]
async fn the_log_can_keep_what_was_answered() {
    let config = VendorConfig { keep_answers: true, ..VendorConfig::named("alpha") };
    let vendor = Vendor::start(config).await.unwrap();
    for body in [PLAIN, STREAM] {
        vendor.clear_log();
        let response = client::post_json(vendor.addr(), CHAT, &[], body).await.unwrap();
        assert_eq!(vendor.settled(1).await[0].answer, response.body);
    }
}

#[tokio::test]
async fn a_status_without_a_body_has_no_length() {
    let response = played([Step::status(204)], PLAIN).await.unwrap();
    assert_eq!((response.status, response.header("content-length"), response.complete), (204, None, true));
}
