//! The Admin API over a store on disk, called without a socket.

mod bodies;
mod client_keys;
mod entities;
mod guard;
mod health;
mod lists;
mod process;
mod providers;
mod seed;
mod try_it;
mod ui;
mod watching;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, Response, header},
};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use super::{Access, Names, Parts, router};
use crate::{
    control::{Control, tests},
    send::SenderSettings,
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// An Admin API with a store of its own.
struct Api {
    router: Router,
    control: Arc<Control>,
    ready: Arc<AtomicBool>,
    dir: TempDir,
}

/// What it answered.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Api {
    async fn new() -> Self {
        Api::start(tempfile::tempdir().unwrap(), HashMap::new(), open_access(), nobody_asked()).await
    }

    async fn start(dir: TempDir, env: HashMap<String, String>, access: Access, names: Names) -> Self {
        let control = tests::start_with(dir.path(), env).await;
        let ready = Arc::new(AtomicBool::new(true));
        let parts = Parts {
            state: Arc::clone(control.state()),
            control: Arc::clone(&control),
            names,
            senders: SenderSettings::new(false),
            ready: Arc::clone(&ready),
            access,
            proxy_url: "http://127.0.0.1:8000".to_owned(),
            hatch: try_it::mirror(),
        };
        Api { router: router(parts), control, ready, dir }
    }

    /// As after `kill -9`: nothing is closed or copied before the next start.
    async fn restart(self) -> Self {
        let Api { router, control, dir, .. } = self;
        drop((router, control));
        Api::start(dir, HashMap::new(), open_access(), nobody_asked()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path, &[], "")).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(request("DELETE", path, &[], "")).await
    }

    /// As `curl --data` sends it.
    async fn form(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(request(method, path, &[("content-type", FORM)], body)).await
    }

    async fn json(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(request(method, path, &[("content-type", JSON)], body)).await
    }
}

impl Answer {
    fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    #[track_caller]
    fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.value() }
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let method: Method = method.parse().unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header(header::HOST, "localhost:8001");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

fn open_access() -> Access {
    let listen: SocketAddr = "127.0.0.1:8001".parse().unwrap();
    Access { listen, token: None, metrics_open: false, hosts: vec![] }
}

fn nobody_asked() -> Names {
    Arc::new(|_| None)
}
