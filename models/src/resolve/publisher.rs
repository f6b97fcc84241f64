//! Downloads from a publisher with `curl`, so that no TLS stack is linked.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::child;

/// A machine without network finds out in seconds; a slow line gets its time.
const CONNECT_SECONDS: &str = "5";
const WHOLE: Duration = Duration::from_secs(300);

/// Downloads `url` to `path`. What arrives is not trusted: the caller compares hashes.
pub(super) fn download(url: &str, path: &Path) -> Result<(), String> {
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--location", "--silent", "--show-error"])
        .args(["--connect-timeout", CONNECT_SECONDS])
        // Below 1000 bytes a second for 20 seconds: the line is dead.
        .args(["--speed-limit", "1000", "--speed-time", "20"])
        .arg("--output")
        .arg(path)
        .args(["--url", url]);
    child::run(&mut curl, WHOLE)
}

/// The part of an address that stays the same for everything a publisher offers.
pub(super) fn host(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url[after_scheme..]
        .find('/')
        .map_or(url.len(), |at| after_scheme + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_are_cut_at_the_path() {
        assert_eq!(host("https://example.org/a/b"), "https://example.org");
        assert_eq!(host("https://example.org"), "https://example.org");
        assert_eq!(host("file:///a/b"), "file://");
    }
}
