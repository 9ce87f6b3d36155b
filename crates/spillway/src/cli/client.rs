//! A client of the Admin API: one JSON request at a time, on a connection of its own.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use gateway::Secret;
use http::{
    HeaderValue, Method, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use rustls_platform_verifier::ConfigVerifierExt;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{Failure, options::AdminOptions};

/// An Admin API that takes longer is not going to answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A page of a thousand targets is well below one MiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Where to ask, and as whom.
pub(crate) struct Client {
    url: String,
    host: String,
    port: u16,
    is_tls: bool,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Checks the URL and the token; connects to nothing yet.
    pub(crate) fn new(options: &AdminOptions) -> Result<Self, Failure> {
        let url = options.admin_url.trim_end_matches('/').to_owned();
        let wrong =
            || Failure::Usage(format!("--admin-url {url}: expected something like http://127.0.0.1:8001"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        if uri.path() != "/" || uri.query().is_some() {
            return Err(wrong());
        }
        let host = uri.host().ok_or_else(wrong)?.to_owned();
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        Ok(Client { url, host, port, is_tls, authorization: authorization(options.admin_token.as_ref())? })
    }

    /// All pages of a list.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let mut rows = Vec::new();
        let mut next = Some(format!("{path}?size=1000"));
        while let Some(path) = next {
            let mut page = self.call(Method::GET, &path, None).await?;
            if let Some(Value::Array(data)) = page.get_mut("data").map(Value::take) {
                rows.extend(data);
            }
            next = page["next"].as_str().map(str::to_owned);
        }
        Ok(rows)
    }

    /// One request. Anything but success is a failure that says what the server said.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let exchange = timeout(TIMEOUT, self.exchange(method, path, body)).await;
        let (status, answer) = exchange
            .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
            .map_err(|it| self.unreachable(&it))?;
        if status.is_success() {
            return Ok(answer);
        }
        let message = answer["message"].as_str().or(answer["error"]["message"].as_str());
        let message = message.unwrap_or("no reason given");
        let hint = match status {
            // Its errors are objects with an `error`; the Admin API's have a `message`.
            _ if answer["error"].is_object() => {
                " (that is the AI API; --admin-url wants the Admin API, by default http://127.0.0.1:8001)"
            }
            StatusCode::UNAUTHORIZED => " (set SPILLWAY_ADMIN_TOKEN to the server's admin token)",
            _ => "",
        };
        Err(Failure::Failed(format!("{} answers {status}: {message}{hint}", self.url)))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<(StatusCode, Value)> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, self.port)).await?;
        if !self.is_tls {
            return self.talk(TokioIo::new(stream), method, path, body).await;
        }
        let config = ClientConfig::with_platform_verifier().map_err(io::Error::other)?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        self.talk(TokioIo::new(stream), method, path, body).await
    }

    async fn talk<T>(
        &self,
        io: T,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<(StatusCode, Value)>
    where
        T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::handshake(io).await.map_err(io::Error::other)?;
        let driving = tokio::spawn(connection);
        let mut request =
            Request::builder().method(method).uri(path).header(HOST, format!("{}:{}", self.host, self.port));
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Bytes::new, |it| it.to_string().into());
        let request = request.body(Full::new(body)).map_err(io::Error::other)?;
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status();
        let body =
            Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(io::Error::other)?;
        driving.abort();
        Ok((status, serde_json::from_slice(&body.to_bytes()).unwrap_or_default()))
    }

    fn unreachable(&self, error: &io::Error) -> Failure {
        let hint = match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                " (is `spillway serve` running there? --admin-url says where else)"
            }
            _ => "",
        };
        Failure::Failed(format!("cannot ask {}: {error}{hint}", self.url))
    }
}

fn authorization(token: Option<&Secret>) -> Result<Option<HeaderValue>, Failure> {
    let Some(token) = token else { return Ok(None) };
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| {
        Failure::Usage("SPILLWAY_ADMIN_TOKEN: a token is printable text without line breaks".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}
