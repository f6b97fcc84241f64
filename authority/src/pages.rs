//! The frame, the pages for enrolment, for a phone and for a resident's card, and the files they load, with the headers that wall them in.

use std::path::PathBuf;

use axum::{
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use nod_protocol::ids::{Origin, SiteKey};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::{error::Error, router::App, test_keys};

/// The contract's policy for the frame, without `frame-ancestors`. `connect-src 'self'` keeps even a
/// compromised frame from sending what it sees anywhere but here.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                      connect-src 'self'; img-src 'self'; worker-src 'self'; form-action 'none'; \
                      base-uri 'none'";

/// What the widget may use, for itself only.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(self), microphone=(self), publickey-credentials-get=(self), publickey-credentials-create=(), \
     geolocation=(), usb=(), payment=(), display-capture=()",
);
/// The same where device keys are made: at top level, on pages that no page frames.
const PERMISSIONS_TO_BIND: HeaderValue = HeaderValue::from_static(
    "camera=(self), microphone=(self), publickey-credentials-get=(self), \
     publickey-credentials-create=(self), geolocation=(), usb=(), payment=(), display-capture=()",
);
/// An operator's page needs none of it.
const PERMISSIONS_OF_A_DESK: HeaderValue = HeaderValue::from_static(
    "camera=(), microphone=(), publickey-credentials-get=(), publickey-credentials-create=()",
);
/// Fluent has no media type of its own.
const TEXTS: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const CROSS_ORIGIN: HeaderValue = HeaderValue::from_static("cross-origin");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// Where the frame's page says who the site is and where its way without a face begins.
const OF_SITE: &str = r#"data-site="" data-alternative="""#;
/// Where a page says whose it is: one that a relay serves knows by it that it is elsewhere, and seals what it sends.
const OF_AUTHORITY: &str = r#"data-authority="""#;

/// GET `/frame/{sitekey}`: embeddable by that site's registered origins and nobody else.
pub async fn frame(
    State(app): State<App>,
    site_key: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    let Path(site_key) = site_key.map_err(|_| Error::UnknownSite)?;
    let site_key = SiteKey::parse(&site_key).map_err(|_| Error::UnknownSite)?;
    if let Some(loopback) = test_keys::ancestors(&app, &site_key) {
        let html = html(&app, "frame.html").await?;
        return walled_in(Html(html).into_response(), loopback, CROSS_ORIGIN);
    }
    // The authority's own pages are for the top level only.
    let site = app.store.site(&site_key).await?.ok_or(Error::UnknownSite)?;
    let origins: Vec<&str> = site.origins.iter().map(Origin::as_str).collect();
    // In the page itself: the way without a face is there too where no session can be opened.
    let html = html(&app, "frame.html").await?;
    let of_site = format!(
        r#"data-site="{}" data-alternative="{}""#,
        escaped(&site.name),
        escaped(&site.alternative)
    );
    let response = Html(html.replacen(OF_SITE, &of_site, 1)).into_response();
    walled_in(response, &origins.join(" "), CROSS_ORIGIN)
}

/// A page with the authority's origin in it, which is an origin and so needs no escaping.
async fn html(app: &App, file: &str) -> Result<String, Error> {
    let html = tokio::fs::read_to_string(app.config.dist.join(file))
        .await
        .map_err(|_| Error::NoSuchFile)?;
    let authority = format!(r#"data-authority="{}""#, app.config.issuer);
    Ok(html.replacen(OF_AUTHORITY, &authority, 1))
}

/// A text in an attribute in double quotes (HTML, 13.1.2.3).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// GET `/enrol`: for holders of a ticket, at top level.
pub async fn enrol(State(app): State<App>, request: Request) -> Result<Response, Error> {
    page(&app, "enrol.html", request).await
}

/// GET `/me`: a resident's own card, at top level.
pub async fn me(State(app): State<App>, request: Request) -> Result<Response, Error> {
    page(&app, "me.html", request).await
}

/// GET `/` of the operators' own origin.
pub async fn terminal(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let response = serve_file(app.config.dist.join("terminal.html"), request).await?;
    let mut response = walled_in(response, "'none'", SAME_ORIGIN)?;
    set(
        response.headers_mut(),
        "permissions-policy",
        PERMISSIONS_OF_A_DESK,
    );
    Ok(response)
}

/// GET `/handoff`: what a phone opens, at top level. What stands behind `#` in its address never comes here.
pub async fn handoff(State(app): State<App>) -> Result<Response, Error> {
    let html = html(&app, "handoff.html").await?;
    walled_in(Html(html).into_response(), "'none'", SAME_ORIGIN)
}

/// GET `/v1/{hash}/…`: one build of the widget. The hash names the content, so it never changes.
pub async fn asset(
    State(app): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Error> {
    let Path((hash, file)) = path.map_err(|_| Error::NoSuchFile)?;
    let is_build = (8..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_build || !is_plain_path(&file) {
        return Err(Error::NoSuchFile);
    }
    let path = app.config.dist.join("v1").join(&hash).join(&file);
    let mut response = serve_file(path, request).await?;
    let headers = response.headers_mut();
    common(headers, &format!("{POLICY}; frame-ancestors 'none'"))?;
    headers.insert(header::CACHE_CONTROL, IMMUTABLE);
    if file.ends_with(".ftl") {
        headers.insert(header::CONTENT_TYPE, TEXTS);
    }
    // Only the element is loaded by other origins' pages; integrity checks need CORS.
    if file == "nod.js" {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        );
        set(headers, "cross-origin-resource-policy", CROSS_ORIGIN);
    } else {
        set(headers, "cross-origin-resource-policy", SAME_ORIGIN);
    }
    Ok(response)
}

/// GET `/v1/models/{file}`: networks by hash, and the manifest that lists them.
pub async fn model(
    State(app): State<App>,
    file: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Error> {
    let Path(file) = file.map_err(|_| Error::NoSuchFile)?;
    if !is_plain_path(&file) {
        return Err(Error::NoSuchFile);
    }
    let mut response = serve_file(app.config.dist.join("models").join(&file), request).await?;
    let headers = response.headers_mut();
    common(headers, &format!("{POLICY}; frame-ancestors 'none'"))?;
    let is_named_by_hash = file != "manifest.json";
    headers.insert(
        header::CACHE_CONTROL,
        if is_named_by_hash {
            IMMUTABLE
        } else {
            NO_CACHE
        },
    );
    set(headers, "cross-origin-resource-policy", SAME_ORIGIN);
    Ok(response)
}

/// A page of the authority's own, where a resident may bind a device key.
async fn page(app: &App, file: &str, request: Request) -> Result<Response, Error> {
    let response = serve_file(app.config.dist.join(file), request).await?;
    let mut response = walled_in(response, "'none'", SAME_ORIGIN)?;
    set(
        response.headers_mut(),
        "permissions-policy",
        PERMISSIONS_TO_BIND,
    );
    Ok(response)
}

fn walled_in(
    mut response: Response,
    ancestors: &str,
    resource_policy: HeaderValue,
) -> Result<Response, Error> {
    let headers = response.headers_mut();
    common(headers, &format!("{POLICY}; frame-ancestors {ancestors}"))?;
    headers.insert(header::CACHE_CONTROL, NO_CACHE);
    set(headers, "permissions-policy", PERMISSIONS);
    set(headers, "cross-origin-resource-policy", resource_policy);
    Ok(response)
}

/// Headers of every page and file: workers and modules run under the policy of their own response.
fn common(headers: &mut HeaderMap, policy: &str) -> Result<(), Error> {
    // Origins are parsed, so the policy is always a valid header; anything else is refused here.
    let policy =
        HeaderValue::from_str(policy).map_err(|_| Error::Internal("the policy is not a header"))?;
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    Ok(())
}

fn set(headers: &mut HeaderMap, name: &'static str, value: HeaderValue) {
    headers.insert(HeaderName::from_static(name), value);
}

/// One or more plain names: no empty, hidden or parent part that could lead out of the directory.
pub fn is_plain_path(path: &str) -> bool {
    path.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    })
}

async fn serve_file(path: PathBuf, request: Request) -> Result<Response, Error> {
    // A directory opens like a file and fails only while it is sent.
    if !tokio::fs::metadata(&path)
        .await
        .is_ok_and(|metadata| metadata.is_file())
    {
        return Err(Error::NoSuchFile);
    }
    let Ok(served) = ServeFile::new(path)
        .precompressed_br()
        .precompressed_gzip()
        .oneshot(request)
        .await;
    let response = served.map(Body::new).into_response();
    if response.status().is_client_error() || response.status().is_server_error() {
        return Err(Error::NoSuchFile);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_never_lead_out_of_the_directory() {
        for good in [
            "nod.js",
            "strings/zh-Hans.ftl",
            "nod_wasm_bg.wasm",
            "a/b/c-1.js",
        ] {
            assert!(is_plain_path(good), "{good}");
        }
        for bad in [
            "",
            "..",
            "../keys/root.key",
            "a/../b",
            "/etc/passwd",
            ".hidden",
            "a//b",
            "a\\b",
            "ü",
        ] {
            assert!(!is_plain_path(bad), "{bad}");
        }
    }
}
