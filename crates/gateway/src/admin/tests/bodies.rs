//! What a body may be, and what is said about one that may not.

use serde_json::json;

use super::{Api, FORM, JSON, request};

#[tokio::test]
async fn json_form_and_multipart_say_the_same() {
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nNAME\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"healthchecks.active.http_path\"\r\n\r\n/up\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"slots\"\r\n\r\n100\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"tags[]\"\r\n\r\na\r\n--x--\r\n";
    let bodies = [
        (JSON, r#"{"name":"NAME","slots":100,"healthchecks":{"active":{"http_path":"/up"}},"tags":["a"]}"#),
        (
            "application/json; charset=utf-8",
            r#"{"name":"NAME","slots":100,"healthchecks":{"active":{"http_path":"/up"}},"tags":["a"]}"#,
        ),
        (FORM, "name=NAME&slots=100&healthchecks.active.http_path=%2Fup&tags[]=a"),
        ("multipart/form-data; boundary=x", multipart),
    ];
    let api = Api::new().await;
    let mut read = Vec::new();
    for (number, (content_type, body)) in bodies.into_iter().enumerate() {
        let body = body.replace("NAME", &format!("u{number}"));
        let posted = api.send(request("POST", "/upstreams", &[("content-type", content_type)], &body)).await;
        let mut value = posted.is(201);
        for own in ["id", "name", "created_at", "updated_at"] {
            value.as_object_mut().unwrap().remove(own);
        }
        read.push(value);
    }
    assert!(read.iter().all(|it| *it == read[0]), "{read:#?}");
    assert_eq!((&read[0]["slots"], &read[0]["tags"]), (&json!(100), &json!(["a"])));
}

#[tokio::test]
async fn bodies_that_can_not_be_read_are_refused() {
    let api = Api::new().await;
    let large = "x".repeat((1 << 20) + 1);
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, u16);
    let rows: &[Row<'_>] = &[
        ("broken JSON", &[("content-type", JSON)], r#"{"name":"#, 400),
        ("no object", &[("content-type", JSON)], "[1]", 400),
        ("no UTF-8", &[("content-type", FORM)], "name=%ff", 400),
        ("broken multipart", &[("content-type", "multipart/form-data")], "x", 400),
        ("another type", &[("content-type", "text/xml")], "<a/>", 415),
        ("no type", &[], "name=a", 415),
        ("compressed", &[("content-type", JSON), ("content-encoding", "gzip")], "x", 415),
        ("too large", &[("content-type", JSON)], &large, 413),
    ];
    for (what, headers, body, status) in rows {
        let answer = api.send(request("POST", "/upstreams", headers, body)).await;
        assert_eq!(answer.status, *status, "{what}: {}", answer.text);
        assert!(answer.value()["message"].is_string(), "{what}");
    }
    assert_eq!(api.control.view().revision, 0);
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object() {
    let api = Api::new().await;
    let answer = api.send(request("POST", "/upstreams", &[], "")).await.is(400);
    assert_eq!((&answer["code"], &answer["name"]), (&json!(2), &json!("schema violation")));
    assert!(answer["fields"]["name"].is_string(), "what is missing is named: {answer}");
}

#[tokio::test]
async fn all_violations_come_at_once_and_a_misspelt_field_is_told_its_name() {
    let api = Api::new().await;
    api.form("POST", "/upstreams", "name=pool").await.is(201);
    let body = r#"{"target":"a.example:80","weight":70000,"wieght":1}"#;
    let answer = api.json("POST", "/upstreams/pool/targets", body).await.is(400);
    assert_eq!(answer["code"], 2);
    assert_eq!(answer["fields"]["weight"], "value should be between 0 and 65535");
    assert!(answer["fields"]["wieght"].as_str().unwrap().contains("weight"), "{answer}");
    assert!(answer["message"].as_str().unwrap().starts_with("2 schema violations ("), "{answer}");
}
