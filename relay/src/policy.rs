//! What a page or file of the frame may do on this host. The policy is the relay's own: whatever the authority serves, a
//! browser that has it from here can be made to load or send nothing anywhere else, and so to tell the authority no address.

use crate::settings::Origin;

/// `connect-src` names this host. From the authority come only the pages that may embed the frame.
pub(crate) fn of_relay(relay: &Origin, of_authority: &str) -> Option<String> {
    let ancestors = ancestors(of_authority)?;
    Some(format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src {relay}; \
         img-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors {ancestors}"
    ))
}

/// The sources of `frame-ancestors`, each an origin, or `'none'`. Without them the frame could be embedded by anybody.
fn ancestors(policy: &str) -> Option<String> {
    let mut directives = policy.split(';').map(str::trim);
    let sources = directives.find_map(|directive| {
        let (name, sources) = directive.split_once(' ')?;
        name.eq_ignore_ascii_case("frame-ancestors")
            .then_some(sources)
    })?;
    let sources: Vec<&str> = sources.split_ascii_whitespace().collect();
    let is_none = sources == ["'none'"];
    let are_origins = !sources.is_empty() && sources.iter().all(|source| is_origin(source));
    (is_none || are_origins).then(|| sources.join(" "))
}

/// A host source with a scheme (CSP 3, 2.3.1). In development test keys may be embedded from `http://localhost:*` and
/// `http://*.localhost:*`.
fn is_origin(source: &str) -> bool {
    let host = source
        .strip_prefix("https://")
        .or_else(|| source.strip_prefix("http://"));
    host.is_some_and(|host| {
        let labels = host.trim_start_matches("*.").trim_end_matches(":*");
        !labels.is_empty()
            && labels
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(policy: &str) -> Option<String> {
        of_relay(&"https://relay.example".parse().unwrap(), policy)
    }

    #[test]
    fn the_authority_decides_who_may_embed_and_nothing_else() {
        let policy = of(
            "default-src *; connect-src 'self'; report-uri https://id.example.gov/r; \
                         frame-ancestors https://court.example.gov https://hotel.example:8443",
        )
        .unwrap();
        assert!(
            policy.ends_with(
                "; frame-ancestors https://court.example.gov https://hotel.example:8443"
            )
        );
        assert!(policy.contains("; connect-src https://relay.example; "));
        assert!(!policy.contains("id.example.gov") && !policy.contains('*'));
        assert!(
            of("frame-ancestors 'none'")
                .unwrap()
                .ends_with("; frame-ancestors 'none'")
        );
        assert!(of("frame-ancestors http://localhost:* http://*.localhost:*").is_some());
    }

    #[test]
    fn without_a_list_of_pages_there_is_no_frame() {
        for bad in [
            "",
            "default-src 'none'",
            "frame-ancestors",
            "frame-ancestors ",
            "frame-ancestors *",
            "frame-ancestors https:",
            "frame-ancestors https://*",
            "frame-ancestors 'self'",
            "frame-ancestors 'none' https://a.example",
            "frame-ancestors https://a.example,https://b.example",
        ] {
            assert!(of(bad).is_none(), "{bad}");
        }
    }
}
