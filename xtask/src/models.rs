//! The networks, found, converted and verified by the crate `nod-models`.

use anyhow::Result;
use nod_models::{Options, Prepared};

use crate::paths;
use crate::step::{say, step};

/// Makes sure of the networks; what is in the cache is only hashed again.
///
/// # Errors
/// When a file is wrong, or when a set that is required cannot be had.
pub(crate) fn prepare() -> Result<Prepared> {
    step("models", || {
        let options = Options::from_env(paths::root())?;
        Ok(nod_models::prepare(&options, &mut |progress| {
            say(&format!("  {progress}"))
        })?)
    })
}
