//! wasm-bindgen-cli: writes the JavaScript side of the module, and runs the wasm tests. Both halves of the
//! bindings speak a private format, so its version is that of the `wasm-bindgen` crate in Cargo.lock.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::cargo_tool::Tool;
use crate::paths;

/// Installs the version that Cargo.lock asks for.
///
/// # Errors
/// When Cargo.lock does not name one, or `cargo install` fails.
pub(crate) fn ensure() -> Result<()> {
    let version = locked_version()?;
    // It rewrites a module of several megabytes: unoptimised it would be slower than its own compilation.
    Tool {
        package: "wasm-bindgen-cli",
        version: &version,
        program: "wasm-bindgen",
        opt_level: "1",
    }
    .ensure()?;
    Ok(())
}

/// The program that cargo calls to run a test compiled to wasm.
///
/// # Errors
/// When the cache folder cannot be told.
pub(crate) fn test_runner() -> Result<PathBuf> {
    Ok(paths::tools()?.join("bin/wasm-bindgen-test-runner"))
}

fn locked_version() -> Result<String> {
    let lock = paths::root().join("Cargo.lock");
    let text =
        fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    version_in(&text, "wasm-bindgen").context("Cargo.lock does not name wasm-bindgen")
}

/// The version of `package` in the text of a Cargo.lock.
fn version_in(lock: &str, package: &str) -> Option<String> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted);
    lines.next()?;
    Some(
        lines
            .next()?
            .strip_prefix("version = \"")?
            .strip_suffix('"')?
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn finds_the_version_of_exactly_this_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "wasm"), None);
    }
}
