//! What the Python example for back ends (`examples/check-answer/python`) is tested with.

use std::env;

use anyhow::Result;

use super::apt;

/// Names another interpreter that has PyJWT and cryptography.
const VARIABLE: &str = "NOD_E2E_PYTHON";

/// Debian's Python with the library that the example uses, unless the variable names another one.
///
/// # Errors
/// When it is missing and cannot be installed.
pub(crate) fn ensure() -> Result<()> {
    if env::var_os(VARIABLE).is_some() {
        return Ok(());
    }
    apt::install(
        &["python3", "python3-jwt", "python3-cryptography"],
        "install Python 3 and `pip install 'PyJWT[crypto]'`, name that interpreter in NOD_E2E_PYTHON",
    )
}
