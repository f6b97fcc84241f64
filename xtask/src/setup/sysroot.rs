//! Debian's Rust compiler made to build for wasm32-unknown-unknown: its packages carry the compiler and the
//! source of the standard library, but not the library compiled for this target. It is compiled here, into
//! a sysroot of its own in the cache; nothing is written below /usr but what apt installs.
//!
//! ```text
//! <cache>/wasm-sysroot-<version>/
//!   bin/rustc                 passes --sysroot, so that everything that asks for the sysroot sees this one
//!   bin/cargo, bin/rustdoc, bin/cargo-clippy    Debian's
//!   lib/rustlib/<host>/       Debian's library, and the linker rust-lld
//!   lib/rustlib/wasm32-unknown-unknown/lib/*.rlib
//! ```

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt;
use crate::paths;
use crate::step;
use crate::toolchain::{TARGET, Wasm, output};

/// Debian's compiler, wherever else a rustc may be on the PATH.
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const ELSEWHERE: &str = "install a Rust toolchain with the target wasm32-unknown-unknown";

/// Debian's compiler with the target, from apt and a build of the standard library (about 75 s).
///
/// # Errors
/// When apt cannot install the packages, when they carry a compiler without its library's source, or when
/// the build fails.
pub(crate) fn ensure() -> Result<Wasm> {
    apt::install(
        &["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy"],
        ELSEWHERE,
    )?;
    let about = About::of_debian()?;
    let lld = format!("lld-{}", about.llvm);
    apt::install(&[&lld], ELSEWHERE)?;

    let sysroot = folder(&about.release)?;
    if let Some(wasm) = Wasm::behind(&sysroot.join("bin")) {
        return Ok(wasm);
    }
    step::step("wasm target: assemble a sysroot", || {
        assemble(&sysroot, &about)
    })?;
    Wasm::behind(&sysroot.join("bin")).with_context(|| {
        format!(
            "{} does not provide the target {TARGET}: remove it and try again",
            sysroot.display()
        )
    })
}

/// The sysroot of an earlier run, if Debian's compiler is still the one it was made for.
///
/// # Errors
/// When the cache folder cannot be told.
pub(crate) fn find() -> Result<Option<Wasm>> {
    let Ok(about) = About::of_debian() else {
        return Ok(None);
    };
    Ok(Wasm::behind(&folder(&about.release)?.join("bin")))
}

fn folder(release: &str) -> Result<PathBuf> {
    Ok(paths::cache()?.join(format!("wasm-sysroot-{release}")))
}

/// What `rustc -vV` says.
struct About {
    host: String,
    release: String,
    /// The major version of LLVM, by which Debian names its linker packages.
    llvm: String,
}

impl About {
    fn of_debian() -> Result<Self> {
        let mut rustc = Command::new(RUSTC);
        rustc.arg("-vV");
        Self::parse(&output(without_rustup(&mut rustc))?)
    }

    fn parse(text: &str) -> Result<Self> {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(str::to_owned)
                .with_context(|| format!("rustc -vV does not tell its {name}"))
        };
        let llvm = field("LLVM version")?;
        let llvm = llvm.split('.').next().unwrap_or_default().to_owned();
        Ok(Self {
            host: field("host")?,
            release: field("release")?,
            llvm,
        })
    }
}

/// Builds everything in a folder beside and moves it in place at the end: a run that was cut short leaves
/// nothing that looks finished.
fn assemble(sysroot: &Path, about: &About) -> Result<()> {
    let draft = sysroot.with_extension("draft");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    let host = draft.join("lib/rustlib").join(&about.host);
    let wasm = draft.join("lib/rustlib").join(TARGET).join("lib");
    for dir in [&draft.join("bin"), &host.join("bin"), &wasm] {
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    }
    let system = Path::new("/usr/lib/rustlib");
    symlink(system.join(&about.host).join("lib"), host.join("lib"))?;
    symlink(system.join("src"), draft.join("lib/rustlib/src"))?;
    symlink(linker(about)?, host.join("bin/rust-lld"))?;

    build_std(&draft.join("build"), &wasm)?;

    symlink(CARGO, draft.join("bin/cargo"))?;
    symlink("/usr/bin/cargo-clippy", draft.join("bin/cargo-clippy"))?;
    // The shims name the folder where they will lie, not the draft.
    for program in ["rustc", "rustdoc"] {
        let shim = draft.join("bin").join(program);
        let text = format!(
            "#!/bin/sh\nexec /usr/bin/{program} --sysroot '{}' \"$@\"\n",
            sysroot.display()
        );
        fs::write(&shim, text)?;
        fs::set_permissions(&shim, fs::Permissions::from_mode(0o755))?;
    }
    if sysroot.exists() {
        fs::remove_dir_all(sysroot)?;
    }
    fs::rename(&draft, sysroot).with_context(|| format!("cannot create {}", sysroot.display()))
}

/// Debian's rust-lld where its package has one, else the LLVM linker of the same version.
fn linker(about: &About) -> Result<PathBuf> {
    let places = [
        PathBuf::from(format!("/usr/lib/rustlib/{}/bin/rust-lld", about.host)),
        PathBuf::from(format!("/usr/lib/llvm-{}/bin/lld", about.llvm)),
    ];
    match places.iter().find(|place| place.exists()) {
        Some(place) => Ok(place.clone()),
        None => bail!(
            "no linker for wasm: {} is missing after installing lld-{}",
            places[1].display(),
            about.llvm
        ),
    }
}

/// Compiles the standard library by building an empty crate on it, and copies its parts to `library`.
fn build_std(scratch: &Path, library: &Path) -> Result<()> {
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(
        scratch.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    fs::write(scratch.join("src/lib.rs"), "#![no_std]\n")?;
    let mut cargo = Command::new(CARGO);
    cargo
        .current_dir(scratch)
        .args([
            "build",
            "--release",
            "-Z",
            "build-std=std,panic_abort,panic_unwind",
            "--target",
            TARGET,
        ])
        // -Z options are for nightly compilers; this one is stable and its own library is what is built.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", RUSTC)
        .env("CARGO_TARGET_DIR", scratch.join("target"));
    step::run("wasm target: standard library", without_rustup(&mut cargo))?;

    let built = scratch.join("target").join(TARGET).join("release/deps");
    for entry in fs::read_dir(&built).with_context(|| format!("cannot read {}", built.display()))? {
        let file = entry?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            fs::copy(&file, library.join(&name))?;
        }
    }
    fs::remove_dir_all(scratch).with_context(|| format!("cannot remove {}", scratch.display()))
}

/// Debian's compiler must not see what rustup and cargo set for another one.
fn without_rustup(command: &mut Command) -> &mut Command {
    for name in [
        "RUSTUP_TOOLCHAIN",
        "CARGO",
        "RUSTDOC",
        "RUSTFLAGS",
        "LD_LIBRARY_PATH",
    ] {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::About;

    #[test]
    fn reads_what_debians_compiler_says_about_itself() {
        let about = About::parse(
            "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\nbinary: rustc\n\
             host: x86_64-unknown-linux-gnu\nrelease: 1.96.0\nLLVM version: 22.1.8",
        )
        .unwrap();
        assert_eq!(about.host, "x86_64-unknown-linux-gnu");
        assert_eq!(about.release, "1.96.0");
        assert_eq!(about.llvm, "22");
        assert!(About::parse("rustc 1.96.0").is_err());
    }
}
