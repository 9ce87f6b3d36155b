//! Rate limits and quotas: every way in which vendors say "not now", and that each is believed exactly.
//!
//! What counts is when the vendor was asked again, by the vendor's own log: never before its time, and soon after.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::{
    Attempt, Credential, ErrorClass, Nth, Rule, Script, Step, Vendor,
    client::{self, Response},
    limiter::{Format, Headers, LimiterKind, LimiterSpec},
    script::{ErrorAnswer, GoodOverrides, StatusAnswer},
};

use crate::support::{Launch, Spillway, calls, chat, scripted, until, vendor};

/// How late the next try may be: a busy machine, not a wrong number.
const LATE_MAX: Duration = Duration::from_secs(5);

const BEARER: [(&str, &str); 1] = [("authorization", "Bearer sk-clients-own")];

/// What a vendor says once, and how long it must then be left alone.
struct Case {
    name: &'static str,
    says: Step,
    rests_ms: u64,
    /// Of the upstream.
    settings: &'static [&'static str],
}

fn case(name: &'static str, rests_ms: u64, says: Step) -> Case {
    Case { name, says, rests_ms, settings: &[] }
}

/// A 429 with these headers, and otherwise the usual.
fn limited(headers: &[(&str, &str)]) -> Step {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Step::Error(ErrorAnswer { class: ErrorClass::RateLimit, headers, ..ErrorAnswer::default() })
}

/// A 429 with a date, told by a clock that is so far ahead.
fn dated(in_seconds: i32, clock_skew_s: i32) -> Step {
    let retry_after_date_s = Some(in_seconds);
    Step::Error(ErrorAnswer {
        class: ErrorClass::RateLimit,
        retry_after_date_s,
        clock_skew_s,
        ..ErrorAnswer::default()
    })
}

/// A 429 with nothing but a body.
fn told(body: Value) -> Step {
    Step::Status(StatusAnswer { code: 429, json: Some(body), ..StatusAnswer::default() })
}

/// A good answer with these headers.
fn good(headers: &[(&str, &str)]) -> Step {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Step::Good(GoodOverrides { headers, ..GoodOverrides::default() })
}

fn from_now(ahead: Duration) -> Duration {
    (SystemTime::now() + ahead).duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970")
}

/// All at once, each with a vendor and an upstream of its own.
async fn check(cases: Vec<Case>) {
    let spillway = Arc::new(Spillway::start());
    let checks: Vec<_> = cases
        .into_iter()
        .enumerate()
        .map(|(index, case)| tokio::spawn(rests(Arc::clone(&spillway), format!("case-{index}"), case)))
        .collect();
    for check in checks {
        check.await.expect("the vendor is left alone for as long as it says");
    }
}

async fn rests(spillway: Arc<Spillway>, upstream: String, case: Case) {
    let one = scripted("one", vec![Rule::always([case.says]).times(1)]).await;
    spillway.upstream(&upstream, case.settings).await;
    spillway.target(&upstream, &one, &[]).await;
    until(case.name, || async {
        ask(&spillway, &upstream).await;
        calls(&one) >= 2
    })
    .await;
    rested(case.name, &one.log(), case.rests_ms);
}

/// Between the first two attempts lies what was asked for.
fn rested(name: &str, log: &[Attempt], rests_ms: u64) {
    // Both times are cut to whole milliseconds.
    let gap = log[1].at_ms - log[0].at_ms + 1;
    assert!(gap >= rests_ms, "{name}: tried again after {gap} ms of {rests_ms}");
    let late = Duration::from_millis(gap - rests_ms);
    assert!(late < LATE_MAX, "{name}: tried again only after {gap} ms of {rests_ms}");
}

async fn ask(spillway: &Spillway, upstream: &str) -> Response {
    let path = format!("/{upstream}/v1/chat/completions");
    client::post_json(spillway.proxy, &path, &BEARER, &chat(false).to_string()).await.expect("an answer")
}

async fn ask_model(spillway: &Spillway, upstream: &str, model: &str) -> Response {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "Hello."}]});
    spillway.post(&format!("/{upstream}/v1/chat/completions"), &body).await
}

// === rows 1 to 4: Retry-After ===

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retry_after_in_seconds_milliseconds_fractions_and_dates_is_kept_exactly() {
    check(vec![
        case("whole seconds", 2000, Step::rate_limited("2")),
        case("a fraction", 1750, Step::rate_limited("1.75")),
        case("milliseconds win", 1500, limited(&[("retry-after-ms", "1500"), ("retry-after", "30")])),
        case("Azure's name for them", 1500, limited(&[("x-ms-retry-after-ms", "1500")])),
        case("at least a second", 1000, limited(&[("retry-after-ms", "350")])),
        case("half a second is a second", 1000, Step::rate_limited("0.5")),
        case("a date", 3000, dated(3, 0)),
        case("a date of a clock an hour ahead", 3000, dated(3, 3600)),
        case("a date of a clock an hour behind", 3000, dated(3, -3600)),
        case("a date in the past", 1000, dated(-3600, 0)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_believed_gives_way_to_the_operators_own_numbers() {
    let own = |name, says, settings| Case { name, says, rests_ms: 2000, settings };
    check(vec![
        own("a week is capped", Step::rate_limited("604800"), &["suspension.cap=2"]),
        own("garbage", Step::rate_limited("soon"), &["suspension.rate_limit=2"]),
        own("a negative number", Step::rate_limited("-5"), &["suspension.rate_limit=2"]),
        own("not a number", Step::rate_limited("NaN"), &["suspension.rate_limit=2"]),
        own("infinity", Step::rate_limited("inf"), &["suspension.rate_limit=2"]),
        own("nothing at all", told(json!({})), &["suspension.rate_limit=2"]),
        own(
            "not honoured",
            Step::rate_limited("600"),
            &["suspension.rate_limit=2", "suspension.honour_retry_after=false"],
        ),
    ])
    .await;
}

// === rows 5 to 9: limit headers ===

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_are_read_as_durations_numbers_epochs_and_times() {
    let reset = |value: &str| {
        limited(&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", value)])
    };
    let seconds = from_now(Duration::from_secs(3)).as_secs();
    let milliseconds = from_now(Duration::from_secs(3)).as_millis();
    let time = Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap().to_string();
    check(vec![
        case("Go seconds", 2000, reset("2s")),
        case("Go milliseconds", 1500, reset("1500ms")),
        case("Go milliseconds below a second", 1000, reset("17ms")),
        case("Go, compound", 1750, reset("0h0m1.75s")),
        case("a small number", 2000, reset("2")),
        // The vendors are started a moment after these were written down, and whole seconds are cut off.
        case("seconds of the epoch", 1000, reset(&seconds.to_string())),
        case("milliseconds of the epoch", 2000, reset(&milliseconds.to_string())),
        case("a time", 1000, reset(&time)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_limits_the_exhausted_one_decides_and_the_later_of_two() {
    check(vec![
        case(
            "both exhausted",
            2000,
            limited(&[
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", "1s"),
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "2s"),
            ]),
        ),
        case(
            "only the tokens",
            2000,
            limited(&[
                ("x-ratelimit-remaining-requests", "59"),
                ("x-ratelimit-reset-requests", "8m0s"),
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "2s"),
            ]),
        ),
        case(
            "one of Anthropic's four",
            1000,
            limited(&[
                ("anthropic-ratelimit-requests-remaining", "49"),
                ("anthropic-ratelimit-requests-reset", "2099-01-01T00:00:00Z"),
                ("anthropic-ratelimit-output-tokens-remaining", "8000"),
                ("anthropic-ratelimit-output-tokens-reset", "2099-01-01T00:00:00Z"),
                ("anthropic-ratelimit-input-tokens-remaining", "0"),
                ("anthropic-ratelimit-input-tokens-reset", &in_two_seconds()),
            ]),
        ),
        case(
            "a good answer that was the last one",
            2000,
            good(&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "2s")]),
        ),
    ])
    .await;
}

fn in_two_seconds() -> String {
    let at = i64::try_from(from_now(Duration::from_secs(2)).as_secs()).unwrap();
    Timestamp::from_second(at).unwrap().to_string()
}

#[tokio::test]
async fn what_is_missing_negative_or_garbled_in_a_good_answer_excludes_nobody() {
    let spillway = Spillway::start();
    for (index, headers) in [
        vec![("x-ratelimit-remaining-tokens", "-1"), ("x-ratelimit-reset-tokens", "60s")],
        vec![("x-ratelimit-remaining-requests", "0")],
        vec![("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "0")],
        vec![("x-ratelimit-remaining-requests", "none"), ("x-ratelimit-reset-requests", "60s")],
        vec![("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "whenever")],
        vec![("x-ratelimit-reset-requests", "60s")],
        vec![("retry-after", "60")],
    ]
    .into_iter()
    .enumerate()
    {
        let one = scripted("one", Script::always([good(&headers)])).await;
        let upstream = format!("ai-{index}");
        spillway.upstream(&upstream, &[]).await;
        spillway.target(&upstream, &one, &[]).await;
        for _ in 0..5 {
            assert_eq!(ask(&spillway, &upstream).await.status, 200, "{headers:?}");
        }
        assert_eq!(calls(&one), 5, "{headers:?}");
    }
}

// === row 10 ===

#[tokio::test]
async fn a_429_is_believed_although_the_headers_promise_room() {
    check(vec![case(
        "lying headers",
        2000,
        limited(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "0s"),
            ("retry-after", "2"),
        ]),
    )])
    .await;
}

// === rows 11 and 12: what only the body says ===

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_body_says_is_kept() {
    let spoken = |message: &str| told(json!({"error": {"message": message, "code": 429}}));
    check(vec![
        case(
            "Google's RetryInfo",
            2000,
            told(json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"},
            ]}}])),
        ),
        case("Google's words", 1500, spoken("Quota exceeded for metric: x. Please retry in 1.5s.")),
        case("OpenAI's words", 1750, spoken("Rate limit reached for m. Please try again in 1.75s. Visit …")),
        case("OpenAI's words in milliseconds", 1000, spoken("Rate limit reached. Please try again in 20ms.")),
        case("words with a unit", 2000, spoken("Requests are throttled. Please retry after 2 seconds.")),
    ])
    .await;
}

#[tokio::test]
async fn a_quota_of_a_day_rests_the_key_and_no_client_sleeps_on_it() {
    let per_day = json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
         "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"},
    ]}}]);
    let absurd = json!({"error": {"code": 429, "details": [{"retryDelay": "86400s"}]}});
    let spillway = Spillway::start();
    for (upstream, body) in [("per-day", per_day), ("absurd", absurd)] {
        let one = scripted("one", Script::always([told(body)])).await;
        spillway.upstream(upstream, &[]).await;
        spillway.target(upstream, &one, &[]).await;
        for _ in 0..5 {
            assert_eq!(ask(&spillway, upstream).await.status, 429, "{upstream}");
        }
        // Longer than the short delay that comes with it.
        tokio::time::sleep(Duration::from_millis(1200)).await;
        ask(&spillway, upstream).await;
        assert_eq!(calls(&one), 1, "{upstream}: the key rests");
    }
}

// === rows 13 to 16: who is limited ===

/// Providers from the environment, each with a key of its own (its name), all of them at one vendor.
fn keys_of(vendor: &Vendor, names: &[&str]) -> Launch {
    names.iter().fold(Launch::default(), |launch, name| {
        let upper = name.to_ascii_uppercase();
        let base = if *name == "anthropic" { vendor.base_url() } else { format!("{}/v1", vendor.base_url()) };
        launch.env(&format!("{upper}_API_KEY"), &key(name)).env(&format!("SPILLWAY_{upper}_BASE_URL"), &base)
    })
}

fn key(name: &str) -> String {
    format!("sk-key-of-{name}")
}

fn paid_by(vendor: &Vendor, name: &str) -> usize {
    let credential = Credential::from(key(name).as_str());
    vendor
        .log()
        .iter()
        .filter(|it| it.method == "POST" && it.credential.as_ref() == Some(&credential))
        .count()
}

/// An upstream of provider targets, each with its provider's default key.
async fn pool(spillway: &Spillway, providers: &[&str], settings: &[&str]) {
    spillway.upstream("ai", settings).await;
    for name in providers {
        let answer = spillway.form("POST", "/upstreams/ai/targets", &[&format!("provider={name}")]).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_limited_key_rests_and_the_others_at_the_same_address_do_not() {
    let one = vendor("one").await;
    one.script(vec![Rule::always([Step::rate_limited("2")]).for_credential(&key("groq")).times(1)]);
    let spillway = keys_of(&one, &["groq", "mistral", "deepseek"]).start();
    pool(&spillway, &["groq", "mistral", "deepseek"], &[]).await;
    until("the limited key is asked again", || async {
        assert_eq!(spillway.chat("ai").await.status, 200, "no client sees the limit");
        paid_by(&one, "groq") >= 2
    })
    .await;
    let log = one.log();
    let groq = Credential::from(key("groq").as_str());
    let of_groq: Vec<Attempt> =
        log.iter().filter(|it| it.credential.as_ref() == Some(&groq)).cloned().collect();
    rested("groq", &of_groq, 2000);
    let (mistral, deepseek) = (paid_by(&one, "mistral"), paid_by(&one, "deepseek"));
    assert!(mistral.abs_diff(deepseek) <= 2 && mistral > 5, "full rate: {mistral} and {deepseek}");
    // The other key is tried in the same request, without waiting.
    let limited = log.iter().position(|it| it.status == Some(429)).expect("one was refused");
    assert!(log[limited + 1].at_ms - log[limited].at_ms < 2000);
}

#[tokio::test]
async fn a_key_added_three_times_that_is_limited_gets_nothing_until_its_time() {
    let one = vendor("one").await;
    one.script(vec![Rule::always([Step::rate_limited("30")]).for_credential(&key("groq"))]);
    let spillway = keys_of(&one, &["groq", "mistral"]).start();
    pool(&spillway, &["groq", "groq", "groq", "mistral"], &[]).await;
    for _ in 0..40 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!(paid_by(&one, "groq"), 1);
}

#[tokio::test]
async fn a_limit_is_the_models_and_the_keys_other_models_go_on() {
    let one = vendor("one").await;
    one.script(vec![Rule::always([Step::rate_limited("30")]).for_model("gpt-4o")]);
    let spillway = keys_of(&one, &["openai"]).start();
    spillway.upstream("ai", &[]).await;
    for model in ["gpt-4o", "gpt-4o-mini"] {
        let fields = ["provider=openai", &format!("model={model}")];
        assert_eq!(spillway.form("POST", "/upstreams/ai/targets", &fields).await.status, 201);
    }
    for _ in 0..20 {
        let answer = spillway.chat("ai").await;
        assert_eq!((answer.status, answer.header("x-spillway-model")), (200, Some("gpt-4o-mini")));
    }
    let of = |model: &str| one.log().iter().filter(|it| it.model.as_deref() == Some(model)).count();
    assert_eq!((of("gpt-4o"), of("gpt-4o-mini")), (1, 20));
}

#[tokio::test]
async fn a_limit_is_the_models_also_where_the_client_names_the_model() {
    let one = vendor("one").await;
    one.script(vec![Rule::always([Step::rate_limited("30")]).for_model("gpt-4o")]);
    let spillway = keys_of(&one, &["openai"]).start();
    pool(&spillway, &["openai"], &[]).await;
    // State is kept for models that the configuration names, wherever it does; never for a client's inventions.
    spillway.upstream("elsewhere", &[]).await;
    for model in ["gpt-4o", "gpt-4o-mini"] {
        let fields = ["provider=openai", &format!("model={model}")];
        assert_eq!(spillway.form("POST", "/upstreams/elsewhere/targets", &fields).await.status, 201);
    }
    for _ in 0..3 {
        assert_eq!(ask_model(&spillway, "ai", "gpt-4o").await.status, 429);
        assert_eq!(ask_model(&spillway, "ai", "gpt-4o-mini").await.status, 200);
    }
    let of = |model: &str| one.log().iter().filter(|it| it.model.as_deref() == Some(model)).count();
    assert_eq!((of("gpt-4o"), of("gpt-4o-mini")), (1, 3));
}

#[tokio::test]
async fn a_key_without_quota_is_asked_once_and_for_no_model_again() {
    for (provider, class) in
        [("openai", ErrorClass::Quota), ("openai", ErrorClass::Billing), ("anthropic", ErrorClass::Billing)]
    {
        let one = vendor("one").await;
        one.script(vec![Rule::always([Step::error(class)]).for_credential(&key(provider))]);
        let spillway = keys_of(&one, &[provider, "groq"]).start();
        pool(&spillway, &[provider], &[]).await;
        for model in ["a", "b", "a"] {
            let body =
                json!({"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi."}]});
            let path = if provider == "anthropic" { "/ai/v1/messages" } else { "/ai/v1/chat/completions" };
            let answer = spillway.post(path, &body).await;
            assert_eq!(answer.status, 429, "{provider} {class:?}: {}", answer.text());
        }
        assert_eq!(paid_by(&one, provider), 1, "{provider} {class:?}");
    }
}

#[tokio::test]
async fn a_key_without_quota_costs_no_client_anything_while_there_is_another() {
    let one = vendor("one").await;
    one.script(vec![Rule::always([Step::error(ErrorClass::Quota)]).for_credential(&key("openai"))]);
    let spillway = keys_of(&one, &["openai", "groq"]).start();
    pool(&spillway, &["openai", "groq"], &["algorithm=priority"]).await;
    for at in 0..20 {
        let answer = spillway.chat("ai").await;
        let attempts = if at == 0 { "2" } else { "1" };
        assert_eq!((answer.status, answer.header("x-spillway-attempts")), (200, Some(attempts)));
    }
    assert_eq!(paid_by(&one, "openai"), 1);
}

#[tokio::test]
async fn an_overloaded_vendor_is_left_alone_by_all_its_keys() {
    for error in [
        Step::error(ErrorClass::Overloaded),
        Step::status(529),
        Step::Error(ErrorAnswer {
            class: ErrorClass::Overloaded,
            retry_after: Some("30".to_owned()),
            ..ErrorAnswer::default()
        }),
    ] {
        let one = scripted("one", Script::always([error])).await;
        let other = vendor("other").await;
        let spillway = keys_of(&one, &["groq", "mistral", "deepseek"]).start();
        pool(&spillway, &["groq", "mistral", "deepseek"], &[]).await;
        spillway.target("ai", &other, &["backup=true"]).await;
        for _ in 0..40 {
            assert_eq!(spillway.chat("ai").await.status, 200);
        }
        assert!(calls(&one) <= 2, "{} attempts with three keys", calls(&one));
        assert_eq!(calls(&other), 40);
    }
}

// === row 17 ===

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_refusals_at_once_are_one_episode() {
    const AT_ONCE: usize = 20;
    let slow = vec![Step::SleepMs(300), told(json!({}))];
    let one = scripted("one", vec![Rule::always(slow).for_nth(Nth::UpTo(AT_ONCE as u64))]).await;
    let spillway = Arc::new(Spillway::start());
    spillway.upstream("ai", &["suspension.rate_limit=1"]).await;
    spillway.target("ai", &one, &[]).await;
    let clients: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let spillway = Arc::clone(&spillway);
            tokio::spawn(async move { ask(&spillway, "ai").await.status })
        })
        .collect();
    for client in clients {
        assert_eq!(client.await.unwrap(), 429);
    }
    assert_eq!(calls(&one), AT_ONCE, "all of them were under way before the first refusal");
    until("it is asked again", || async {
        ask(&spillway, "ai").await;
        calls(&one) > AT_ONCE
    })
    .await;
    let log = one.log();
    let refused = log.iter().filter_map(|it| it.finished_at_ms.filter(|_| it.status == Some(429))).min();
    let again = log[AT_ONCE].at_ms - refused.expect("the first refusal") + 1;
    assert!(again >= 1000, "after {again} ms");
    assert!(Duration::from_millis(again) < LATE_MAX, "it did not add up: {again} ms");
}

// === against a limiter that counts ===

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limiters_of_every_format_refuse_hardly_anybody_and_no_client_at_all() {
    let checks = [
        // What remains is told: the last good answer says that it was the last.
        (Format::Openai, Headers::Honest, 1),
        (Format::Anthropic, Headers::Honest, 1),
        // Only the refusal tells anything: one for each window.
        (Format::Azure, Headers::Lying, 4),
        (Format::Openai, Headers::Absent, 4),
    ];
    let checks =
        checks.map(|(format, headers, refused_max)| tokio::spawn(limiter(format, headers, refused_max)));
    for check in checks {
        check.await.expect("hardly anybody is refused");
    }
}

/// Ten requests in each window of two seconds; four and a half seconds of traffic.
async fn limiter(format: Format, headers: Headers, refused_max: usize) {
    let kind = LimiterKind::FixedWindow;
    let spec =
        LimiterSpec { rpm: Some(300.0), window_ms: 2000, format, headers, kind, ..LimiterSpec::default() };
    let one = scripted("one", Script::always([Step::Limiter(spec)])).await;
    let other = vendor("other").await;
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &other, &["backup=true"]).await;
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(4500) {
        let answer = ask(&spillway, "ai").await;
        assert_eq!(answer.status, 200, "{format:?}: {}", answer.text());
    }
    let log = one.log();
    let of = |status| log.iter().filter(|it| it.status == Some(status)).count();
    assert!(of(200) >= 20, "{format:?} {headers:?}: two windows were used: {}", of(200));
    assert!(of(429) <= refused_max, "{format:?} {headers:?}: {} refusals", of(429));
    assert!(calls(&other) > 20, "the rest went elsewhere");
}
