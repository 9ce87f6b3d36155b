//! Accounts and their tokens: exchanged once, kept, fetched anew in time, and what happens where that fails.

use super::*;
use crate::support::{calls, until};

#[tokio::test]
async fn an_account_is_exchanged_for_a_token_by_a_request_that_it_signs() {
    let (spillway, vertex, tokens) = claude(3600).await;
    let answer = ask(&spillway).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = vertex.log().pop().unwrap();
    assert!(bore(&attempt, 1), "{:?}", attempt.headers);
    for other in ["x-goog-api-key", "x-api-key", "api-key"] {
        assert!(attempt.header(other).is_none(), "{other}");
    }

    let asked = tokens.log().pop().unwrap();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/token"));
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    let form = String::from_utf8(asked.body).unwrap();
    let (grant, assertion) = form.split_once('&').unwrap();
    assert_eq!(grant, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    let assertion = assertion.strip_prefix("assertion=").unwrap();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let public: &PublicKey = KEY.public_key();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .expect("the account's own signature");
    let part = |at: usize| -> Value {
        let part = signed.split('.').nth(at).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(part(0), json!({"alg": "RS256", "typ": "JWT", "kid": "key-id-1"}));
    let claims = part(1);
    assert_eq!(claims["iss"], EMAIL);
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(claims["aud"], format!("{}/token", tokens.base_url()));
    let (issued, ends) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(issued <= now && now - issued < 60 && ends - issued == 3600, "{claims}");
}

#[tokio::test]
async fn many_requests_at_once_wait_for_one_exchange() {
    let (spillway, vertex, tokens) = (Spillway::start(), vendor("vertex").await, tokens(3600, 300).await);
    provider(&spillway, &vertex, &["claude-sonnet-5"]).await;
    spillway.key("vertex", "account", &key_file(&tokens).to_string()).await;
    let asking: Vec<_> = (0..24)
        .map(|_| {
            let (proxy, body) = (spillway.proxy, messages(false).to_string());
            tokio::spawn(async move { client::post_json(proxy, "/v1/messages", &[], &body).await })
        })
        .collect();
    for asked in asking {
        let answer = asked.await.unwrap().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!((calls(&tokens), calls(&vertex)), (1, 24));
    assert!(vertex.log().iter().all(|it| bore(it, 1)));
    // A change of the configuration that does not concern it keeps the token.
    assert_eq!(spillway.json("PATCH", "/providers/vertex", &json!({"tags": ["x"]})).await.status, 200);
    assert_eq!(ask(&spillway).await.status, 200);
    assert_eq!(calls(&tokens), 1);
}

#[tokio::test]
async fn the_next_token_is_there_before_the_last_one_ends() {
    let (spillway, vertex, tokens) = claude(4).await;
    until("a second token in use", || async {
        let answer = ask(&spillway).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        vertex.log().last().is_some_and(|it| bore(it, 2))
    })
    .await;
    assert!(calls(&tokens) >= 2);
    assert_eq!(credential(&spillway, "account").await["state"], "normal");
}

#[tokio::test]
async fn a_token_that_is_refused_before_its_time_is_exchanged_and_not_held_against_the_account() {
    let (spillway, vertex, tokens) = claude(3600).await;
    assert_eq!(ask(&spillway).await.status, 200);
    let over = || status(401, published!("vertex/unauthenticated.json"));
    vertex.script(Script { rules: vec![Rule::always([over()]).for_credential(&token(1))] });
    let answer = ask(&spillway).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let log = vertex.log();
    assert_eq!(log.iter().map(|it| it.status).collect::<Vec<_>>(), [Some(200), Some(401), Some(200)]);
    assert!(bore(&log[2], 2));
    assert_eq!(credential(&spillway, "account").await["state"], "normal");

    // One that has just been made is the account's own.
    vertex.script(Script::always([over()]));
    let answer = ask(&spillway).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    let shown = credential(&spillway, "account").await;
    assert_eq!((&shown["state"], &shown["cause"]), (&json!("error"), &json!("auth")), "{shown}");
    assert_eq!(calls(&tokens), 3, "once for each that was refused");
}

#[tokio::test]
async fn while_the_token_endpoint_is_down_others_serve_and_the_account_cools() {
    let (spillway, vertex, tokens) = claude(3600).await;
    let other = vendor("other").await;
    spillway.provider("other", &other).await;
    tokens.refuse(true).await.unwrap();
    let answer = spillway
        .post(
            "/v1/chat/completions",
            &json!({"model": "vertex/claude-sonnet-5", "messages": [{"role": "user", "content": "hi"}]}),
        )
        .await;
    assert_eq!(
        (answer.status, answer.header("x-spillway-provider")),
        (200, Some("other")),
        "{}",
        answer.text()
    );
    let shown = credential(&spillway, "account").await;
    assert_eq!((&shown["state"], &shown["cause"]), (&json!("cooling"), &json!("token")), "{shown}");
    assert_eq!(calls(&vertex), 0, "nothing is sent without");
    let request = &spillway.admin("GET", "/requests").await.json()["data"][0];
    assert_eq!(request["attempts"][0]["outcome"], "token", "{request}");
    let said = request["attempts"][0].to_string();
    assert!(said.contains("no token for the Google account"), "{said}");
}

#[tokio::test]
async fn a_revoked_account_says_why_and_another_key_pays() {
    let (spillway, vertex, tokens) = claude(3600).await;
    let good = super::tokens(3600, 0).await;
    spillway.key("vertex", "spare", &key_file(&good).to_string()).await;
    let revoked = json!({"error": "invalid_grant", "error_description": "Invalid JWT Signature."});
    tokens.script(Script::always([refuses(400, &revoked)]));
    let answer = ask(&spillway).await;
    assert_eq!(
        (answer.status, answer.header("x-spillway-credential")),
        (200, Some("spare")),
        "{}",
        answer.text()
    );
    let shown = credential(&spillway, "account").await;
    assert_eq!((&shown["state"], &shown["cause"]), (&json!("error"), &json!("auth")), "{shown}");
    let request = spillway.admin("GET", "/requests").await.json()["data"][0].to_string();
    assert!(request.contains("is rejected by") && request.contains("Invalid JWT Signature."), "{request}");

    let tested = spillway.admin("POST", "/providers/vertex/credentials/account/test").await.json();
    assert_eq!((&tested["ok"], &tested["outcome"]), (&json!(false), &json!("auth")), "{tested}");
    assert!(tested["message"].to_string().contains("invalid_grant"), "{tested}");
    tokens.script(Script { rules: vec![given(7, 3600, 0)] });
    let tested = spillway.admin("POST", "/providers/vertex/credentials/account/test").await.json();
    assert_eq!(tested["ok"], true, "{tested}");
    assert_eq!(vertex.log().pop().unwrap().path, "/v1beta1/publishers/google/models");
    assert_eq!(credential(&spillway, "account").await["state"], "normal", "the test has shown it");
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_endless_answer_read() {
    let (spillway, vertex, tokens) = claude(3600).await;
    let elsewhere = vendor("elsewhere").await;
    for step in
        [Step::Redirect(format!("{}/token", elsewhere.base_url())), Step::EndlessErrorBody, Step::Garbage]
    {
        let patched = spillway
            .json(
                "PATCH",
                "/providers/vertex/credentials/account",
                &json!({"secret": key_file(&tokens).to_string()}),
            )
            .await;
        assert_eq!(patched.status, 200, "{}", patched.text());
        tokens.script(Script::always([step]));
        assert_eq!(ask(&spillway).await.status, 503);
    }
    assert_eq!((calls(&tokens), calls(&elsewhere), calls(&vertex)), (3, 0, 0));
}

#[tokio::test]
async fn a_persons_own_access_is_refreshed_and_an_api_key_is_sent_as_it_is() {
    let (spillway, vertex, tokens) = (Spillway::start(), vendor("vertex").await, tokens(3600, 0).await);
    provider(&spillway, &vertex, &["claude-sonnet-5"]).await;
    let person = json!({
        "type": "authorized_user", "client_id": "app-1", "client_secret": "app-secret-1",
        "refresh_token": "1//refresh-0123456789", "token_uri": format!("{}/token", tokens.base_url()),
    });
    spillway.key("vertex", "person", &person.to_string()).await;
    assert_eq!(ask(&spillway).await.status, 200);
    assert!(bore(&vertex.log()[0], 1));
    let form = String::from_utf8(tokens.log().pop().unwrap().body).unwrap();
    assert_eq!(
        form,
        "grant_type=refresh_token&client_id=app-1&client_secret=app-secret-1&refresh_token=1%2F%2Frefresh-0123456789"
    );
    let secret = json!({"secret": "AQ.express-key-0123456789"});
    assert_eq!(spillway.json("PATCH", "/credentials/person", &secret).await.status, 200);
    assert_eq!(ask(&spillway).await.status, 200);
    let attempt = vertex.log().pop().unwrap();
    assert!(attempt.header("x-goog-api-key").is_some() && attempt.header("authorization").is_none());
    assert_eq!(calls(&tokens), 1);
}

#[tokio::test]
async fn neither_the_key_nor_a_token_is_seen_anywhere() {
    let (mut spillway, vertex, tokens) = claude(3600).await;
    let quoting = json!({"error": {"code": 500, "message": format!("bad token {} in request", token(1)), "status": "INTERNAL"}});
    assert_eq!(ask(&spillway).await.status, 200);
    vertex.script(Script::always([refuses(500, &quoting)]));
    let mut seen = ask(&spillway).await.text();
    tokens.script(Script::always([refuses(
        400,
        &json!({"error": "invalid_grant", "error_description": private_key()}),
    )]));
    spillway.admin("POST", "/providers/vertex/credentials/account/test").await;
    for path in [
        "/providers",
        "/credentials",
        "/providers/vertex/credentials",
        "/requests",
        "/metrics",
        "/topology",
        "/audit",
    ] {
        seen.push_str(&spillway.admin("GET", path).await.text());
    }
    assert_eq!(credential(&spillway, "account").await["secret"], "••••");
    // Whatever is kept is there when it starts again, and works.
    spillway.terminate();
    spillway.ended().await;
    spillway.start_again();
    vertex.script(Script::good());
    tokens.script(Script { rules: vec![given(9, 3600, 0)] });
    assert_eq!(ask(&spillway).await.status, 200);
    let disk = spillway.everything_on_disk();
    let key = private_key();
    for secret in [&key[..80], &key[200..280], &token(1)[..]] {
        assert!(!seen.contains(secret), "an answer shows {secret}");
        assert!(!disk.windows(secret.len()).any(|it| it == secret.as_bytes()), "the disk holds {secret}");
        assert!(!spillway.log().contains(secret), "the log tells {secret}");
    }
}
