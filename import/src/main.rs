//! The command `nod-import`.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use nod_import::{options::Options, run::run, stop::Stop};

fn main() -> ExitCode {
    let options = Options::parse();
    let stop = Arc::new(Stop::default());
    if let Err(error) = stop.on_interrupt() {
        say(&format!("Ctrl-C will not end this run cleanly: {error}"));
    }
    match run(&options, &stop) {
        Ok(summary) => {
            let _ = writeln!(std::io::stdout(), "{summary}");
            summary.exit_code()
        }
        Err(error) => {
            say(&format!("nod-import: {error}"));
            error.exit_code()
        }
    }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
