//! wasm-pack: drives the build of the capture module and writes `pkg/`.

use anyhow::Result;

use super::cargo_tool::Tool;

/// Installs the pinned version.
///
/// # Errors
/// When `cargo install` fails.
pub(crate) fn ensure() -> Result<()> {
    // It only starts other programs.
    Tool {
        package: "wasm-pack",
        version: "0.15.1",
        program: "wasm-pack",
        opt_level: "0",
    }
    .ensure()?;
    Ok(())
}
