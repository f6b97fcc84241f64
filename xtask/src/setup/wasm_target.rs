//! A compiler for wasm32-unknown-unknown: through rustup where it can download, else Debian's.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{apt, sysroot};
use crate::paths::on_path;
use crate::step::{self, say};
use crate::toolchain::{TARGET, Wasm};

/// rustup retries an unreachable server for a long time; the target is a download of 20 MB.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// The compiler to build the capture module with, set up if need be.
///
/// # Errors
/// When neither rustup nor apt can provide it; the message says what to install.
pub(crate) fn ensure() -> Result<Wasm> {
    if let Some(wasm) = find()? {
        step::already("wasm target", &wasm.version);
        return Ok(wasm);
    }
    if on_path("rustup").is_some() {
        let added = step::limited(
            "wasm target through rustup",
            Command::new("rustup").args(["target", "add", TARGET]),
            RUSTUP_LIMIT,
        );
        if let (Ok(()), Some(wasm)) = (added, Wasm::on_path()) {
            return Ok(wasm);
        }
    }
    if !apt::available() {
        bail!(
            "this Rust toolchain has no {TARGET} target and there is no apt to fetch another compiler: \
             run `rustup target add {TARGET}` where its server can be reached, then this command again"
        );
    }
    say(
        "  rustup cannot provide the target: falling back on Debian's compiler, with its library built here",
    );
    sysroot::ensure()
}

/// The compiler that is there already, if any. Changes nothing.
///
/// # Errors
/// When the cache folder cannot be told.
pub(crate) fn find() -> Result<Option<Wasm>> {
    Ok(match Wasm::on_path() {
        Some(wasm) => Some(wasm),
        None => sysroot::find()?,
    })
}
