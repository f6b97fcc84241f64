//! What of a request is read before its body: media type, bearer token, path.

use std::path::{Component, Path};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use nod_authority::{body, pages::is_plain_path};
use nod_protocol::{envelope::MEDIA_TYPE, http::ChallengeRequest};
use url::Url;

/// A sealed body of this many bytes is too long.
const LIMIT: usize = 64;

/// The first byte says what the rest is: headers (two lines) and a body, or a path.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((what, rest)) = data.split_first() else {
        return false;
    };
    if what % 2 == 0 {
        request(rest)
    } else {
        std::str::from_utf8(rest).is_ok_and(path)
    }
}

fn request(data: &[u8]) -> bool {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in [header::CONTENT_TYPE, header::AUTHORIZATION] {
        if let Some(Ok(value)) = parts.next().map(HeaderValue::from_bytes) {
            headers.insert(name, value);
        }
    }
    let sent = parts.next().unwrap_or_default();
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    if let Some(token) = body::bearer(&headers) {
        assert!(token.trim() == token, "a token with space around it");
    }
    let sealed = at_once(body::sealed(&headers, Body::from(sent.to_vec()), LIMIT));
    if let Some(Ok(sealed)) = &sealed {
        assert!(
            media_type.trim_start().starts_with(MEDIA_TYPE),
            "of another type"
        );
        assert!(
            sent.len() <= LIMIT && sealed.as_ref() == sent,
            "another body"
        );
    }
    let json = at_once(body::json::<ChallengeRequest>(
        &headers,
        Body::from(sent.to_vec()),
    ));
    if let Some(Ok(_)) = &json {
        assert!(
            media_type.trim_start().starts_with("application/json"),
            "of another type"
        );
    }
    // No media type is both.
    let accepted = (matches!(sealed, Some(Ok(_))), matches!(json, Some(Ok(_))));
    assert!(accepted != (true, true), "two types at once");
    accepted != (false, false)
}

/// What is there already needs no runtime to be waited for.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// No path leads out of the folder that it is looked for in, and a browser asks for it as it is.
fn path(path: &str) -> bool {
    if !is_plain_path(path) {
        return false;
    }
    let below = Path::new("/dist/v1").join(path);
    assert!(
        below.starts_with("/dist/v1") && below != Path::new("/dist/v1"),
        "leads out: {path}"
    );
    let mut parts = Path::new(path).components();
    assert!(
        parts.all(|part| matches!(part, Component::Normal(_))),
        "not plain: {path}"
    );
    let url = Url::parse("https://id.example.gov/").and_then(|root| root.join(&format!("/{path}")));
    assert!(
        url.is_ok_and(|url| url.path() == format!("/{path}")),
        "asked for otherwise: {path}"
    );
    true
}

pub(crate) const WORDS: &[&str] = &[
    "application/json",
    "application/nod-sealed",
    ";charset=utf-8",
    "text/plain",
    "multipart/form-data",
    "Bearer ",
    "Basic ",
    "sk_",
    "\n",
    "\r\n",
    "{\"mode\":\"still\"}",
    "..",
    "../",
    "%2e%2e/",
    "\\",
    "//",
    "/etc/passwd",
    ".br",
    ".gz",
    "nod.js",
    "\u{2024}",
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let seeds: [&str; 12] = [
        "\0application/json\nBearer sk_court\n{\"mode\":\"still\"}",
        "\0application/nod-sealed\n\nsealed",
        "\0Application/JSON ; charset=utf-8\nbearer  k \n{\"mode\":\"move\"}",
        "\0text/plain\nBasic x\n{\"mode\":\"still\"}",
        "\0application/json, application/nod-sealed\n\n{}",
        "\0\n\n",
        "\u{1}nod.js",
        "\u{1}strings/zh-Hans.ftl",
        "\u{1}../keys/root.key",
        "\u{1}a/../b",
        "\u{1}/etc/passwd",
        "\u{1}.hidden",
    ];
    seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect()
}
