//! What a call asks for: the places its path names, its query, its conditions, its body still unread.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use axum::{
    RequestExt,
    body::Body,
    extract::{ConnectInfo, FromRequest, Path, Request},
    http::{HeaderMap, StatusCode, Uri, header},
};
use config::{Kind, Paging, Row};

use super::{Admin, answer::Fault};
use crate::control::{Asked, View};

/// A call.
pub(super) struct Ask {
    pub(super) admin: Arc<Admin>,
    /// `{parent}` of the path, percent-decoded.
    parent: Option<String>,
    /// `{at}` of the path, percent-decoded.
    at: Option<String>,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    peer: Option<SocketAddr>,
    pub(super) query: HashMap<String, String>,
}

impl FromRequest<Arc<Admin>> for Ask {
    type Rejection = Fault;

    async fn from_request(mut request: Request, admin: &Arc<Admin>) -> Result<Self, Fault> {
        let places: Result<Path<HashMap<String, String>>, _> = request.extract_parts().await;
        let Path(mut places) =
            places.map_err(|_| Fault::new(StatusCode::BAD_REQUEST, "the path is not valid UTF-8"))?;
        let (parts, body) = request.into_parts();
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        Ok(Ask {
            admin: Arc::clone(admin),
            parent: places.remove("parent"),
            at: places.remove("at"),
            query: query.into_owned().collect(),
            peer: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0),
            uri: parts.uri,
            headers: parts.headers,
            body,
        })
    }
}

impl Ask {
    /// Which one: `{at}`.
    pub(super) fn at(&self) -> &str {
        self.at.as_deref().unwrap_or_default()
    }

    /// Within what: `{parent}`, as it was written.
    pub(super) fn parent(&self) -> Option<String> {
        self.parent.clone()
    }

    /// The row that `{parent}` names.
    pub(super) fn parent_row(&self, view: &View, kind: Kind) -> Result<Arc<Row>, Fault> {
        let parent = self.parent.as_deref().unwrap_or_default();
        view.document.find(kind, parent).ok_or_else(|| Fault::no_such(kind, parent))
    }

    /// `size`, `offset` and `tags` of the query.
    pub(super) fn paging(&self) -> Paging<'_> {
        let of = |name: &str| self.query.get(name).map(String::as_str);
        Paging { size: of("size"), offset: of("offset"), tags: of("tags") }
    }

    /// The path of the page that begins at `offset`, with all else that this call asks for.
    pub(super) fn next(&self, offset: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("offset", offset);
        let mut others: Vec<_> = self.query.iter().filter(|(name, _)| *name != "offset").collect();
        others.sort();
        query.extend_pairs(others);
        format!("{}?{}", self.uri.path(), query.finish())
    }

    /// For the log: where the call came from.
    pub(super) fn by(&self) -> String {
        self.peer.map_or_else(|| "unknown".to_owned(), |it| it.to_string())
    }

    /// Who asks, and on what conditions.
    pub(super) fn asked(&self) -> Asked {
        let text = |name| self.headers.get(name).and_then(|it| it.to_str().ok()).map(str::trim);
        Asked {
            by: self.by(),
            with_token: self.admin.guard.wants_token(),
            if_match: text(header::IF_MATCH).map(str::to_owned),
            if_none_match_any: text(header::IF_NONE_MATCH) == Some("*"),
            force: false,
            key_hash: None,
        }
    }

    /// The same about a deletion: `?force=true` takes along what uses it.
    pub(super) fn asked_to_delete(&self) -> Result<Asked, Fault> {
        Ok(Asked { force: self.flag("force")?, ..self.asked() })
    }

    /// A switch in the query; false where it is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Fault> {
        match self.query.get(name).map(String::as_str) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Fault::new(StatusCode::BAD_REQUEST, format!("{name} must be true or false"))),
        }
    }

    /// Whether the caller already has what `tag` stands for.
    pub(super) fn has(&self, tag: &str) -> bool {
        let all = self.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|it| it.to_str().ok());
        all.flat_map(|it| it.split(','))
            .map(str::trim)
            .any(|it| it.trim_start_matches("W/") == tag || it == "*")
    }
}
