//! The command `nod-evidence`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use nod_evidence::{
    error::EvidenceError,
    examiner::Examiner,
    options::{Command, Options, Serve},
    server::serve,
};

fn main() -> ExitCode {
    let Command::Serve(options) = Options::parse().command;
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("nod-evidence: {error}"));
            ExitCode::from(2)
        }
    }
}

fn run(options: &Serve) -> Result<(), EvidenceError> {
    let examiner = Examiner::open(&options.models)?;
    let sets: Vec<&str> = examiner.sets().collect();
    let (sets, socket) = (sets.join(", "), options.socket.display());
    let ready = format!("nod-evidence: serves {sets} on {socket}");
    let runtime = tokio::runtime::Runtime::new().map_err(EvidenceError::Start)?;
    runtime.block_on(serve(&options.socket, examiner, options.jobs(), || {
        say(&ready);
    }))
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
