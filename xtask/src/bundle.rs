//! `dist/`: what the authority serves, assembled from `pkg/`, `www/`, its two npm packages and the models.
//!
//! ```text
//! dist/frame.html, enrol.html     never cached; every asset they name is below the folder of this build
//! dist/build.json                 the digest, the pinned root key and the integrity of each asset
//! dist/v1/<hash>/…                immutable assets
//! dist/models/…                   manifest.json and <sha256>.plan, immutable as well
//! ….br, ….gz                      what a browser downloads of each of them
//! ```
//!
//! Assembly is cheap and pure: the same inputs give the same folder name and the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;

use crate::digest::{integrity, sha256_hex};
use crate::{compress, paths, step, texts, wasm};

/// Hexadecimal digits of the build's name: 128 bits.
const NAME_DIGITS: usize = 32;

/// Fluent's runtime as npm installs it: modules that a browser loads as they are.
const FLUENT: &str = "www/node_modules/@fluent/bundle";

/// What reads QR codes, likewise. Only the frames of kiosks load it.
const QR: &str = "www/node_modules/qr";

/// Assets by their path below the build's folder, with `/` between folders.
type Assets = BTreeMap<String, Vec<u8>>;

/// What `build.json` says.
#[derive(Serialize)]
struct Build<'a> {
    hash: &'a str,
    /// Of each module, by its name.
    wasm_sha256: BTreeMap<&'a str, String>,
    root_key: &'a str,
    sri: BTreeMap<&'a str, String>,
}

/// Assembles the folder `dist` around the root key in the file `root_key` (one line, base64url of an uncompressed
/// SEC1 P-256 point, as `nod-authority init` writes it). The networks' plans are laid out beside it (`models::lay_out`).
///
/// # Errors
/// When an input is missing or malformed, when a page names a placeholder that does not exist, and when the
/// folder cannot be written.
pub(crate) fn assemble(dist: &Path, root_key: &Path) -> Result<()> {
    let shown = dist.strip_prefix(paths::root()).unwrap_or(dist);
    step::step(&format!("{}/", shown.display()), || {
        let key = read_root_key(root_key)?;
        let root = paths::root();
        let assets = assets(root)?;
        let hash = name(&assets, &key);
        let mut pages = pages_of(&root.join("www/frame"), &hash, &assets)?;
        pages.append(&mut pages_of(&root.join("www/terminal"), &hash, &assets)?);
        let build = build_json(&hash, &key, &assets)?;

        let folder = dist.join("v1").join(&hash);
        if fs::read(folder.join("build.json")).ok().as_deref() != Some(&build) {
            // Beside its place first: a running authority never serves half a build.
            let draft = dist.join("draft");
            clear(&draft)?;
            for (path, bytes) in &assets {
                write(&draft.join(path), bytes)?;
            }
            write(&draft.join("build.json"), &build)?;
            clear(&dist.join("v1"))?;
            fs::create_dir_all(dist.join("v1"))?;
            fs::rename(&draft, &folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
        }
        for (path, text) in &pages {
            write(&dist.join(path), text.as_bytes())?;
        }
        write(&dist.join("build.json"), &build)?;
        Ok(())
    })?;
    compress::below(dist)
}

/// Writes what a visit to a site with the widget downloads, without the models, into `folder`: for weighing. Placeholders are
/// left as they are.
///
/// # Errors
/// When an input is missing or the folder cannot be written.
pub(crate) fn widget(folder: &Path) -> Result<()> {
    let mut files = assets(paths::root())?;
    let page = paths::root().join("www/frame/frame.html");
    let html = fs::read(&page).with_context(|| format!("cannot read {}", page.display()))?;
    files.insert("frame.html".to_owned(), html);
    clear(folder)?;
    for (path, bytes) in &files {
        write(&folder.join(path), bytes)?;
    }
    Ok(())
}

/// The key's text, once it is known to be a point of the right shape.
fn read_root_key(file: &Path) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| {
        format!(
            "cannot read the root key {}: `nod-authority init` writes it",
            file.display()
        )
    })?;
    let key = text.trim();
    let point = Base64UrlUnpadded::decode_vec(key).unwrap_or_default();
    if point.len() != 65 || point.first() != Some(&4) {
        bail!(
            "{} is not a root key: expected base64url of an uncompressed P-256 point (65 bytes)",
            file.display()
        );
    }
    Ok(key.to_owned())
}

/// Everything that is served below the build's folder.
fn assets(root: &Path) -> Result<Assets> {
    let mut assets = Assets::new();
    collect(&root.join("www/frame"), "", &mut assets)?;
    collect(&root.join("www/terminal"), "terminal/", &mut assets)?;
    assets.retain(|path, _| !path.ends_with(".html"));
    texts::check(&assets)?;
    fluent(root, &mut assets)?;
    qr(root, &mut assets)?;
    let element = root.join("www/element/nod.js");
    for path in [element].into_iter().chain(wasm::CAPTURE.files()) {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if assets.insert(file.into_owned(), bytes).is_some() {
            bail!(
                "{} would hide a file of the same name in www/frame: rename one",
                path.display()
            );
        }
    }
    Ok(assets)
}

/// Fluent's modules, with its name, authors and licence beside them.
fn fluent(root: &Path, assets: &mut Assets) -> Result<()> {
    let mut modules = Assets::new();
    collect(&root.join(FLUENT).join("esm"), "fluent/", &mut modules)
        .context("`cargo xtask setup` installs it")?;
    modules.retain(|path, _| path.ends_with(".js"));
    assets.append(&mut modules);
    for (name, path) in [
        ("package.json", root.join(FLUENT).join("package.json")),
        // The text of the licence that the package names; the package has no copy.
        ("LICENSE.txt", root.join("LICENSE-APACHE")),
    ] {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        assets.insert(format!("fluent/{name}"), bytes);
    }
    Ok(())
}

/// The reader's two modules, with its name, authors and licence beside them.
fn qr(root: &Path, assets: &mut Assets) -> Result<()> {
    for (name, file) in [
        ("decode.js", "decode.js"),
        ("index.js", "index.js"),
        ("package.json", "package.json"),
        ("LICENSE.txt", "LICENSE-MIT"),
    ] {
        let path = root.join(QR).join(file);
        let bytes = fs::read(&path).with_context(|| {
            format!(
                "cannot read {}: `cargo xtask setup` installs it",
                path.display()
            )
        })?;
        assets.insert(format!("qr/{name}"), bytes);
    }
    Ok(())
}

fn collect(folder: &Path, prefix: &str, assets: &mut Assets) -> Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        let name = format!(
            "{prefix}{}",
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        if path.is_dir() {
            collect(&path, &format!("{name}/"), assets)?;
        } else {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            assets.insert(name, bytes);
        }
    }
    Ok(())
}

/// The build's name: a digest over each asset's path and content, and the root key.
fn name(assets: &Assets, root_key: &str) -> String {
    let mut list = format!("{root_key}\n");
    for (path, bytes) in assets {
        list += &format!("{} {path}\n", sha256_hex(bytes));
    }
    let mut digest = sha256_hex(list.as_bytes());
    digest.truncate(NAME_DIGITS);
    digest
}

fn build_json(hash: &str, root_key: &str, assets: &Assets) -> Result<Vec<u8>> {
    let modules = assets
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_suffix("_bg.wasm")?, sha256_hex(bytes))));
    let build = Build {
        hash,
        wasm_sha256: modules.collect(),
        root_key,
        sri: assets
            .iter()
            .map(|(path, bytes)| (path.as_str(), integrity(bytes)))
            .collect(),
    };
    Ok(serde_json::to_vec_pretty(&build)?)
}

/// The pages of `folder`, their placeholders filled in.
fn pages_of(folder: &Path, hash: &str, assets: &Assets) -> Result<BTreeMap<String, String>> {
    let mut pages = BTreeMap::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let text =
                fill(&text, hash, assets).with_context(|| format!("in {}", path.display()))?;
            pages.insert(
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                text,
            );
        }
    }
    Ok(pages)
}

/// Replaces `{{base}}` (the build's folder, with a slash at the end), `{{hash}}` and `{{sri:FILE}}`.
fn fill(text: &str, hash: &str, assets: &Assets) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((key, after)) = after.split_once("}}") else {
            bail!("a placeholder is not closed")
        };
        out += before;
        match key.split_once(':') {
            None if key == "base" => out += &format!("/v1/{hash}/"),
            None if key == "hash" => out += hash,
            Some(("sri", file)) => match assets.get(file) {
                Some(bytes) => out += &integrity(bytes),
                None => bail!("{{{{{key}}}}} names no asset"),
            },
            _ => bail!("unknown placeholder {{{{{key}}}}}"),
        }
        rest = after;
    }
    Ok(out + rest)
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Assets {
        Assets::from([("frame.js".to_owned(), b"alert('Hello, world.');".to_vec())])
    }

    #[test]
    fn placeholders_are_filled_and_unknown_ones_refused() {
        let page =
            r#"<script src="{{base}}frame.js" integrity="{{sri:frame.js}}"></script>{{hash}}"#;
        assert_eq!(
            fill(page, "ab", &some()).unwrap(),
            "<script src=\"/v1/ab/frame.js\" integrity=\"sha384-\
             H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO\"></script>ab"
        );
        for wrong in ["{{bass}}", "{{sri:none.js}}", "{{base"] {
            assert!(fill(wrong, "ab", &some()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_name_changes_with_content_path_and_key() {
        let base = name(&some(), "key");
        let mut content = some();
        content.insert("frame.js".into(), b"other".to_vec());
        let mut path = some();
        path.insert("other.js".into(), Vec::new());
        assert_eq!(base.len(), NAME_DIGITS);
        assert_eq!(base, name(&some(), "key"));
        for other in [
            name(&content, "key"),
            name(&path, "key"),
            name(&some(), "other"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn only_an_uncompressed_point_is_a_root_key() {
        let file = std::env::temp_dir().join(format!("nod-root-{}.pub", std::process::id()));
        let mut point = [7u8; 65];
        for (first, length, good) in [(4, 65, true), (3, 65, false), (4, 64, false)] {
            point[0] = first;
            fs::write(
                &file,
                Base64UrlUnpadded::encode_string(&point[..length]) + "\n",
            )
            .unwrap();
            assert_eq!(read_root_key(&file).is_ok(), good, "{first} {length}");
        }
        fs::remove_file(&file).unwrap();
    }
}
