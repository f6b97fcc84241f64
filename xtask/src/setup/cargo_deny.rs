//! cargo-deny: checks licences and sources of every dependency against `deny.toml`.

use std::path::PathBuf;

use anyhow::Result;

use super::cargo_tool::Tool;

/// Installs the pinned version; returns the program.
///
/// # Errors
/// When `cargo install` fails.
pub(crate) fn ensure() -> Result<PathBuf> {
    Tool {
        package: "cargo-deny",
        version: "0.20.2",
        program: "cargo-deny",
        opt_level: "0",
    }
    .ensure()
}
