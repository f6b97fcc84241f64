//! Everything the build and the tests need that is not in the checkout. Each file makes sure of one thing:
//! it looks first, and installs only what is missing.

pub(crate) mod apt;
pub(crate) mod cargo_deny;
pub(crate) mod cargo_tool;
pub(crate) mod chromium;
pub(crate) mod firefox;
pub(crate) mod node;
pub(crate) mod npm;
pub(crate) mod postgres;
pub(crate) mod python;
pub(crate) mod sysroot;
pub(crate) mod wasm_bindgen;
pub(crate) mod wasm_pack;
pub(crate) mod wasm_target;
pub(crate) mod webkit;

use anyhow::Result;

use crate::step::side_by_side;

pub(crate) use wasm_target::ensure as wasm_target;

/// Installs everything, the slow downloads and compilations side by side.
///
/// # Errors
/// When something cannot be installed; the message says what to do.
pub(crate) fn everything() -> Result<()> {
    node::check()?;
    wasm_target::ensure()?;
    side_by_side(vec![
        Box::new(cargo_tools),
        Box::new(npm::build),
        Box::new(|| {
            test_tools()?;
            postgres::ensure().map(drop)
        }),
    ])
}

/// The build's tools that cargo compiles, one after the other: on two cores nothing is gained by competing
/// with itself.
pub(crate) fn cargo_tools() -> Result<()> {
    wasm_bindgen::ensure()?;
    wasm_pack::ensure()
}

/// The browsers, the packages of the end-to-end tests, and what the examples that they run need.
pub(crate) fn test_tools() -> Result<()> {
    chromium::ensure()?;
    firefox::ensure()?;
    webkit::ensure()?;
    python::ensure()?;
    npm::examples()?;
    npm::end_to_end()
}
