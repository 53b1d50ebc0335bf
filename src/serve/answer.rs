//! What a site answers to a request: which document an address means, in which representation, under which headers.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
};

use crate::site::{
    api,
    path::{Cache, Kind, Spelling},
    query::{Query, Rows, percent_decoded},
};

use super::{
    document::{Document, takes_gzip},
    held::Held,
    metrics::Route,
};

/// A response, and what kind of address was asked for.
pub(super) type Answer = (Route, Response);

/// Answers a request that reads.
pub(super) async fn answer(held: &Held, uri: &Uri, headers: &HeaderMap) -> Answer {
    let Some(path) = decoded(uri.path()) else {
        return (Route::Unknown, error(StatusCode::BAD_REQUEST, "the address is not percent-encoded UTF-8"));
    };
    let mut meant = Meant::of(held, &path);
    if matches!(meant, Meant::Nothing) && !held.is_complete() && !is_of_records(held, &path) {
        held.completed().await;
        meant = Meant::of(held, &path);
    }
    let (route, mut response) = match meant {
        Meant::Document(document) => (Route::of(&path), document_response(document, StatusCode::OK, headers).await),
        Meant::List(rows) => (Route::List, list(rows, uri.query().unwrap_or_default(), headers).await),
        Meant::Elsewhere(path) => (Route::Page, moved(&path)),
        Meant::Nothing => (Route::Unknown, nothing(held, &path, headers).await),
    };
    let is_page = |kind: &HeaderValue| kind.as_bytes() == Kind::Html.content_type().as_bytes();
    if response.headers().get(header::CONTENT_TYPE).is_some_and(is_page) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, held.policy.clone());
    }
    (route, response)
}

/// What an address means.
enum Meant<'a> {
    Document(Arc<Document>),
    List(&'a Rows<Bytes>),
    /// A page that links from somewhere else would break.
    Elsewhere(String),
    Nothing,
}

impl<'a> Meant<'a> {
    fn of(held: &'a Held, path: &str) -> Self {
        if let Some(document) = held.at(path) {
            return Self::Document(document);
        }
        let path = held.inside(path).unwrap_or(path);
        let newer = match api_of(path) {
            Some((before, inside)) => format!("{before}/v0.1/{}", inside.trim_end_matches('/')),
            None => path.to_owned(),
        };
        if let Some(rows) = held.list(&newer) {
            return Self::List(rows);
        }
        if let Some(document) = held.at(&newer) {
            return Self::Document(document);
        }
        let folder = format!("{path}/");
        if held.is_page(&folder) { Self::Elsewhere(folder) } else { Self::Nothing }
    }
}

/// Takes an address of the API apart: what stands before it, which is empty or a group's address, and what stands behind the
/// API's version, however that is spelt. Nothing, if it is none.
fn api_of(path: &str) -> Option<(&str, &str)> {
    let group = path.strip_prefix("/groups/").and_then(|rest| rest.find('/')).map_or(0, |id| "/groups/".len() + id);
    let (before, own) = path.split_at(group);
    let inside =
        Spelling::ALL.iter().find_map(|spelling| own.strip_prefix('/')?.strip_prefix(spelling.as_str())?.strip_prefix('/'));
    inside.map(|inside| (before, inside))
}

/// Whether an address is one of the whole registry's API, of which everything is known from the start.
fn is_of_records(held: &Held, path: &str) -> bool {
    api_of(held.inside(path).unwrap_or(path)).is_some_and(|(group, _)| group.is_empty())
}

/// An address as it is meant: `%2F` stands for a slash, and a plus for itself.
fn decoded(path: &str) -> Option<Cow<'_, str>> {
    if !path.contains('%') {
        return Some(Cow::Borrowed(path));
    }
    String::from_utf8(percent_decoded(path)?).ok().map(Cow::Owned)
}

/// One page of a list.
async fn list(rows: &Rows<Bytes>, query: &str, headers: &HeaderMap) -> Response {
    match Query::parse(query) {
        Ok(query) => {
            let body = Bytes::from(rows.answer(&query).body());
            let document = Document::new(Kind::Json.content_type(), Cache::Document.control(), body);
            document_response(Arc::new(document), StatusCode::OK, headers).await
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

async fn document_response(document: Arc<Document>, status: StatusCode, headers: &HeaderMap) -> Response {
    let gzip = takes_gzip(headers);
    if document.is_slow(gzip) {
        let document = Arc::clone(&document);
        // Where that fails, it is done here and now.
        let _ = tokio::task::spawn_blocking(move || document.representation(gzip).etag().clone()).await;
    }
    let representation = document.representation(gzip);
    let is_held = status == StatusCode::OK && representation.is_held(headers);
    let mut response = Response::new(if is_held { Body::empty() } else { Body::from(representation.body.clone()) });
    *response.status_mut() = if is_held { StatusCode::NOT_MODIFIED } else { status };
    let out = response.headers_mut();
    out.reserve(12);
    if !is_held {
        out.insert(header::CONTENT_TYPE, HeaderValue::from_static(document.content_type));
        out.insert(header::CONTENT_LENGTH, representation.body.len().into());
        if representation.is_zipped {
            out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
    if status == StatusCode::OK {
        out.insert(header::ETAG, representation.etag().clone());
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static(document.cache_control));
    } else {
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// There is no such address: people get a page, programs an error.
async fn nothing(held: &Held, path: &str, headers: &HeaderMap) -> Response {
    let ending = path.rsplit('/').next().unwrap_or_default().rsplit_once('.').map(|(_, ending)| ending);
    let for_people = api_of(path).is_none() && ending.is_none_or(|ending| ending == "html");
    match held.at("/404.html").filter(|_| for_people) {
        Some(page) => document_response(page, StatusCode::NOT_FOUND, headers).await,
        None => error(StatusCode::NOT_FOUND, "there is nothing at this address"),
    }
}

fn moved(path: &str) -> Response {
    let mut response = error(StatusCode::PERMANENT_REDIRECT, "this page has a slash at its end");
    let encoded = path.replace('%', "%25").replace('+', "%2B");
    if let Ok(location) = HeaderValue::try_from(encoded) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A refusal as every client reads it.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    json(status, api::error(message))
}

/// Something of this moment.
pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Kind::Json.content_type()));
    headers.insert(header::CONTENT_LENGTH, body.len().into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *response.body_mut() = body.into();
    response
}
