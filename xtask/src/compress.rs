//! What browsers download: each asset and network once more, compressed (RFC 7932 and RFC 1952) as far as it goes, for
//! the authority sends files and does not compress them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::step;

/// The files that an authority sends as they are; it fills in pages before it sends them.
const SENT: [&str; 7] = ["js", "css", "json", "ftl", "svg", "wasm", "plan"];

/// The largest window that every browser takes (RFC 7932, section 9.1).
const WINDOW: u32 = 24;

/// Writes `.br` and `.gz` beside every file below `folder` that is sent, unless they are of that very file, and removes
/// those of files that are gone.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn below(folder: &Path) -> Result<()> {
    let mut files = Vec::new();
    list(folder, &mut files)?;
    let mut old: Vec<&PathBuf> = Vec::new();
    for file in &files {
        match extension(file) {
            "br" | "gz" if !file.with_extension("").is_file() => fs::remove_file(file)
                .with_context(|| format!("cannot remove {}", file.display()))?,
            kind if SENT.contains(&kind) && !is_done(file) => old.push(file),
            _ => {}
        }
    }
    if old.is_empty() {
        return Ok(());
    }
    step::step("compress what browsers download", || {
        for file in old {
            let bytes =
                fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            write(&beside(file, "gz"), &gzip(&bytes)?)?;
            write(&beside(file, "br"), &brotli(&bytes)?)?;
        }
        Ok(())
    })
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether both are younger than the file.
fn is_done(file: &Path) -> bool {
    let written = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    let original = written(file);
    ["br", "gz"]
        .iter()
        .all(|kind| written(&beside(file, kind)).is_some_and(|at| Some(at) >= original))
}

fn extension(file: &Path) -> &str {
    file.extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
}

fn beside(file: &Path, kind: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(kind);
    name.into()
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    {
        let mut encoder = brotli::CompressorWriter::new(&mut compressed, 1 << 16, 11, WINDOW);
        encoder.write_all(bytes)?;
        encoder.flush()?;
    }
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_sent_is_there_compressed_and_follows_its_file() {
        let folder = std::env::temp_dir().join(format!("nod-compress-{}", std::process::id()));
        fs::create_dir_all(folder.join("models")).unwrap();
        let (plan, page) = (folder.join("models/a.plan"), folder.join("frame.html"));
        let text = b"a network, a network, a network".repeat(50);
        fs::write(&plan, &text).unwrap();
        fs::write(&page, "{{base}}").unwrap();
        fs::write(folder.join("models/gone.plan.br"), "old").unwrap();
        below(&folder).unwrap();

        let mut unpacked = Vec::new();
        let packed = fs::read(beside(&plan, "br")).unwrap();
        brotli::Decompressor::new(packed.as_slice(), 4096)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
        assert!(packed.len() < text.len() / 10);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(fs::read(beside(&plan, "gz")).unwrap().as_slice())
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);
        assert!(!beside(&page, "br").exists());
        assert!(!folder.join("models/gone.plan.br").exists());
        assert!(is_done(&plan));

        fs::remove_file(beside(&plan, "br")).unwrap();
        assert!(!is_done(&plan));
        fs::remove_dir_all(&folder).unwrap();
    }
}
