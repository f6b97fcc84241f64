//! Makes the networks ready and says where they are: `cargo run -p nod-models --example prepare`.

use std::io::{self, Write};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let options = nod_models::Options::from_env(&checkout)?;
    let mut out = io::stdout().lock();
    let prepared = nod_models::prepare(&options, &mut |step| {
        // A closed pipe is no reason to stop.
        let _ = writeln!(out, "{step}");
    })?;
    for file in &prepared.manifest.files {
        if let Some(path) = prepared.path(&file.name) {
            writeln!(out, "{}", path.display())?;
        }
    }
    Ok(())
}
