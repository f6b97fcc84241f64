//! Pages: a template with its values put in as text, under a strict Content-Security-Policy.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::check::Refusal;
use crate::site::Site;

const LAYOUT: &str = include_str!("../pages/layout.html");
const BASE: &str = include_str!("../pages/base.css");
const REFUSED: &str = include_str!("../pages/refused.html");

/// A page of the site: `body` is a template, `values` go in escaped. `account` is the name in the header.
pub(crate) fn page(
    site: &Site,
    title: &str,
    account: Option<&str>,
    body: &str,
    values: &[(&str, &str)],
) -> Response {
    let html = filled(site, title, account, body, values);
    under(site, &site.authority.origin, html)
}

/// The same for a page with a script of the site's own, from its own origin; no account stands above it.
pub(crate) fn page_with_script(
    site: &Site,
    title: &str,
    body: &str,
    values: &[(&str, &str)],
) -> Response {
    let html = filled(site, title, None, body, values);
    under(site, &format!("{} 'self'", site.authority.origin), html)
}

fn filled(
    site: &Site,
    title: &str,
    account: Option<&str>,
    body: &str,
    values: &[(&str, &str)],
) -> String {
    let own = [
        ("title", title),
        ("site", site.name),
        ("account", account.unwrap_or_default()),
        ("script", site.script.address.as_str()),
        ("integrity", site.script.integrity.as_str()),
        ("sitekey", site.sitekey),
        ("action", site.action),
    ];
    let header = if account.is_some() {
        include_str!("../pages/signed-in.html")
    } else {
        ""
    };
    let whole = LAYOUT
        .replace("{{header}}", header)
        .replace("{{body}}", body);
    fill(&fill(&whole, values), &own)
}

/// With the headers that wall it in: these scripts, the authority's frame, own styles and forms, nothing inline.
fn under(site: &Site, scripts: &str, html: String) -> Response {
    let authority = &site.authority.origin;
    let policy = format!(
        "default-src 'none'; script-src {scripts}; frame-src {authority}; style-src 'self'; \
         img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let camera = format!(
        "camera=(self \"{authority}\"), microphone=(self \"{authority}\"), \
         publickey-credentials-get=(self \"{authority}\")"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (HeaderName::from_static("permissions-policy"), camera),
        (header::REFERRER_POLICY, "same-origin".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Html(html)).into_response()
}

/// A part of a page that is there several times, or not always: its values are escaped, and it may be put into a template as it is.
pub(crate) fn row(template: &str, values: &[(&str, &str)]) -> String {
    fill(template, values)
}

/// The site's style sheet.
pub(crate) fn style(site: &Site) -> Response {
    styles(site.colours)
}

/// A page's own colours, and what all pages have.
pub(crate) fn styles(colours: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, format!("{colours}\n{BASE}")).into_response()
}

/// What a site's page does by itself at a kiosk.
pub(crate) async fn kiosk_script() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("../pages/kiosk.js")).into_response()
}

/// The icon in the browser's tab.
pub(crate) fn icon() -> Response {
    (
        [(header::CONTENT_TYPE, "image/svg+xml")],
        include_str!("../pages/icon.svg"),
    )
        .into_response()
}

/// What the visitor sees when the answer did not do; `other_way` is the site's address without a face.
pub(crate) fn refused(
    site: &Site,
    account: Option<&str>,
    refusal: Refusal,
    other_way: &str,
) -> Response {
    let whose = account
        .map(|name| format!("that you are {name}, whose account this is"))
        .unwrap_or_else(|| "who you are".to_owned());
    let (status, title, text) = match refusal {
        Refusal::Missing => (
            StatusCode::BAD_REQUEST,
            "The identity check is missing",
            "Please do the identity check before you send the form.".to_owned(),
        ),
        Refusal::Stale => (
            StatusCode::CONFLICT,
            "The identity check is not valid any more",
            "Each check counts once, for a few minutes, and for the page it was made on. Please do it again.".to_owned(),
        ),
        Refusal::NotConfirmed => (
            StatusCode::FORBIDDEN,
            "Not confirmed",
            format!("The identity check did not confirm {whose}. Nothing was done. You can try again, or choose the way without a camera."),
        ),
        Refusal::Away => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The identity check cannot be asked",
            "The identity authority does not answer right now. Nothing was done. Please try again later, or choose the way without a camera.".to_owned(),
        ),
    };
    let body = page(
        site,
        title,
        account,
        REFUSED,
        &[("heading", title), ("text", &text), ("other", other_way)],
    );
    (status, body).into_response()
}

/// A receipt number with the site's letters: not guessable, easy to read out.
pub(crate) fn number(letters: &str) -> anyhow::Result<String> {
    let random = getrandom::u64()?;
    Ok(format!(
        "{letters}-{:04}-{:04}",
        random % 10_000,
        (random >> 32) % 10_000
    ))
}

/// Puts values in for `{{name}}`, escaped for text and quoted attributes.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{{{name}}}}}"), &escape(value))
        })
}

fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Also keeps a visitor's text from being taken for a placeholder.
            '{' => out.push_str("&#123;"),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn values_are_text_never_markup_or_placeholders() {
        let filled = fill(
            "<p>{{a}}</p>{{b}}",
            &[("a", "<b>\"{{b}}\"</b>"), ("b", "x")],
        );
        assert_eq!(
            filled,
            "<p>&lt;b&gt;&quot;&#123;&#123;b}}&quot;&lt;/b&gt;</p>x"
        );
    }
}
