//! The frame, its files and the signed keys, as the authority publishes them, under the relay's own policy. Nothing of a
//! browser's request goes on but the path, and of the encodings it takes one of three.

use std::time::Instant;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{cache::File, error::Error, metrics::Count, policy, router::App, upstream::Reply};

/// Bytes of the largest file: a network of a model set.
const MAX_FILE: usize = 32 * 1024 * 1024;

/// Headers of the authority that browsers get. None of them can hold a word about a single resident that the cache would
/// not give to all, and none makes a browser send anything.
const TAKEN_OVER: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CACHE_CONTROL,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    HeaderName::from_static("permissions-policy"),
    HeaderName::from_static("cross-origin-resource-policy"),
];

/// GET of any path that the router lets through.
pub(crate) async fn file(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let path = uri.path();
    if !is_plain_path(path) {
        return Err(Error::NoSuchFile);
    }
    let name = (path.to_owned(), encoding(&headers));
    if let Some(file) = app.cache.get(&name, Instant::now()) {
        app.metrics.count(Count::Cached);
        return Ok(respond(file));
    }
    app.metrics.count(Count::Fetched);
    let address = app.settings.authority.at(path).ok_or(Error::NoSuchFile)?;
    let accepted = (!name.1.is_empty()).then(|| HeaderValue::from_static(name.1));
    let reply = app.upstream.get(address, accepted, MAX_FILE).await?;
    let file = served(&app, reply)?;
    app.cache.keep(name, file.clone(), Instant::now());
    Ok(respond(file))
}

/// The authority's reply as this host serves it, or a refusal: an error of its own is not passed on word by word.
fn served(app: &App, reply: Reply) -> Result<File, Error> {
    match reply.status.as_u16() {
        200 => {}
        400..=499 => return Err(Error::NoSuchFile),
        503 => return Err(Error::Busy),
        // A redirect would lead browsers away from here.
        _ => return Err(Error::Upstream),
    }
    let mut headers = HeaderMap::new();
    for name in &TAKEN_OVER {
        if let Some(value) = reply.headers.get(name) {
            headers.insert(name, value.clone());
        }
    }
    let media_type = text(&headers, &header::CONTENT_TYPE);
    // Keys and the like run nothing; everything else comes with the authority's list of who may embed it.
    if !media_type.starts_with("application/json") || has_policy(&reply.headers) {
        let of_authority = text(&reply.headers, &header::CONTENT_SECURITY_POLICY);
        let policy = policy::of_relay(&app.settings.origin, of_authority).ok_or(Error::Upstream)?;
        let policy = HeaderValue::from_str(&policy).map_err(|_| Error::Upstream)?;
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let is_immutable = text(&headers, &header::CACHE_CONTROL).contains("immutable");
    Ok(File {
        headers,
        body: reply.body,
        is_immutable,
    })
}

fn respond(file: File) -> Response {
    (file.headers, file.body).into_response()
}

fn has_policy(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_SECURITY_POLICY)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// The best of the encodings that the authority has files in.
fn encoding(headers: &HeaderMap) -> &'static str {
    let accepted = text(headers, &header::ACCEPT_ENCODING);
    let accepts = |wanted: &str| {
        accepted.split(',').any(|entry| {
            let (coding, weight) = entry.split_once(';').unwrap_or((entry, ""));
            let weight = weight.trim().strip_prefix("q=").map(str::parse::<f32>);
            coding.trim().eq_ignore_ascii_case(wanted) && weight != Some(Ok(0.0))
        })
    };
    ["br", "gzip"]
        .into_iter()
        .find(|coding| accepts(coding))
        .unwrap_or_default()
}

/// As the authority's own paths are: no part that is empty, hidden or leads up, nothing that is escaped.
fn is_plain_path(path: &str) -> bool {
    let Some(parts) = path.strip_prefix('/') else {
        return false;
    };
    parts.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_it_seems() {
        for good in ["/v1/keys", "/frame/pk_court", "/v1/aa/strings/zh-Hans.ftl"] {
            assert!(is_plain_path(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "//v1",
            "/v1/../metrics",
            "/v1/%2e%2e/x",
            "/v1/.x",
            "/v1/a b",
            "v1",
        ] {
            assert!(!is_plain_path(bad), "{bad}");
        }
    }

    #[test]
    fn of_what_a_browser_accepts_one_of_three_goes_on() {
        let of = |accepted: &'static str| {
            let value = HeaderValue::from_static(accepted);
            encoding(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]))
        };
        assert_eq!(of("gzip, deflate, br, zstd"), "br");
        assert_eq!(of("gzip;q=1.0, br;q=0"), "gzip");
        assert_eq!(of("zstd, planted-fingerprint"), "");
        assert_eq!(encoding(&HeaderMap::new()), "");
    }
}
