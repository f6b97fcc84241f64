//! Everything the build and the tests need that is not in the checkout. Each file makes sure of one thing:
//! it looks first, and installs only what is missing.

pub(crate) mod apt;
pub(crate) mod cargo_deny;
pub(crate) mod cargo_tool;
pub(crate) mod chromium;
pub(crate) mod node;
pub(crate) mod npm;
pub(crate) mod sysroot;
pub(crate) mod wasm_bindgen;
pub(crate) mod wasm_pack;
pub(crate) mod wasm_target;

use anyhow::Result;

use crate::step::{Job, side_by_side};

pub(crate) use wasm_target::ensure as wasm_target;

/// Installs everything, the slow downloads and compilations side by side.
///
/// # Errors
/// When something cannot be installed; the message says what to do.
pub(crate) fn everything() -> Result<()> {
    node::check()?;
    wasm_target::ensure()?;
    let mut jobs = build_tools();
    jobs.push(Box::new(test_tools));
    side_by_side(jobs)
}

/// The tools of the build, as jobs that may run beside others. cargo compiles one tool after the other: on
/// two cores nothing is gained by competing with itself.
pub(crate) fn build_tools<'a>() -> Vec<Job<'a>> {
    vec![
        Box::new(|| wasm_bindgen::ensure().and_then(|()| wasm_pack::ensure())),
        Box::new(npm::wasm_opt),
    ]
}

/// The browser and the packages of the end-to-end tests.
pub(crate) fn test_tools() -> Result<()> {
    chromium::ensure()?;
    npm::end_to_end()
}
