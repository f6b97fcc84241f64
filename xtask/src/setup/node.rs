//! Node, npm and curl: prerequisites that set-up checks but does not install, because how Node arrives on
//! a machine (a version manager, a vendor's repository, a container) is its owner's choice.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::on_path;

/// The oldest Node with a stable built-in test runner, on which the end-to-end tests stand.
const NODE: u32 = 20;

/// Checks that all three are there.
///
/// # Errors
/// When one is missing or Node is too old; the message says what to install.
pub(crate) fn check() -> Result<()> {
    let advice = format!(
        "install Node {NODE} or newer with npm (https://nodejs.org/en/download; Debian 12's own nodejs package is 18, too old)"
    );
    if on_path("node").is_none() {
        bail!("node is missing: {advice}");
    }
    let out = Command::new("node")
        .arg("--version")
        .output()
        .context("cannot start node")?;
    let version = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    match major(&version) {
        Some(found) if found >= NODE => {}
        _ => bail!("node is {version}: {advice}"),
    }
    if on_path("npm").is_none() {
        bail!("npm is missing: {advice}");
    }
    if on_path("curl").is_none() {
        bail!("curl is missing: install it (Debian: apt-get install curl)");
    }
    Ok(())
}

/// `v20.20.2` → 20.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn versions_as_node_prints_them() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v8.1.0"), Some(8));
        assert_eq!(major("20"), None);
    }
}
