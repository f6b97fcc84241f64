//! The third browser of the end-to-end tests: WebKitGTK's window for tests with its driver, and a display in memory for it.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::apt;
use crate::paths::on_path;
use crate::step;

/// A program of these tests: the variable that names another one than is found (the tests read the same),
/// its name, and Debian's package.
struct Program {
    variable: &'static str,
    name: &'static str,
    package: &'static str,
}

/// Speaks WebDriver; its package carries the window too.
const DRIVER: Program = Program {
    variable: "NOD_WEBKIT_DRIVER",
    name: "WebKitWebDriver",
    package: "webkit2gtk-driver",
};
/// An X server without a screen: this browser cannot do without a display.
const DISPLAY: Program = Program {
    variable: "NOD_XVFB",
    name: "Xvfb",
    package: "xvfb",
};

/// The programs with the variables to hand them to the tests by, installed by apt where they are missing.
///
/// # Errors
/// When one is missing and apt cannot install it; the message says what to install.
pub(crate) fn ensure() -> Result<[(&'static str, PathBuf); 2]> {
    Ok([
        (DRIVER.variable, DRIVER.ensure()?),
        (DISPLAY.variable, DISPLAY.ensure()?),
    ])
}

impl Program {
    fn ensure(&self) -> Result<PathBuf> {
        let Self {
            variable,
            name,
            package,
        } = self;
        if let Some(chosen) = env::var_os(variable) {
            let file = PathBuf::from(chosen);
            if !file.is_file() {
                bail!("{variable} names {}, which is not there", file.display());
            }
            return Ok(file);
        }
        if let Some(found) = on_path(name) {
            step::already("WebKitGTK", &found.display().to_string());
            return Ok(found);
        }
        let elsewhere = format!(
            "install WebKitGTK's WebDriver and Xvfb (Linux only; {name} of Debian's {package}, or name it in {variable})"
        );
        apt::install(&[package], &elsewhere)?;
        match on_path(name) {
            Some(found) => Ok(found),
            None => {
                bail!("apt installed {package}, but there is no program {name} on the PATH")
            }
        }
    }
}
