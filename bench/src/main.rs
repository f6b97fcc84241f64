//! Measures Nod with the code that is deployed: the pipeline of the widget, the comparison of the authority.
//!
//! `cargo xtask bench …` builds and runs it. Measurements are printed, never asserted.

mod authority;
mod cosines;
mod faces;
mod head;
mod interval;
mod liveness;
mod passive;
mod pictures;
mod puppet;
mod side_by_side;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nod_load::random;

/// Measures Nod with the code that is deployed.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    Authority(authority::Options),
    Faults(authority::faults::Options),
    Faces(faces::Options),
    Cosines(cosines::Options),
    Liveness(liveness::Options),
    Landmarks(liveness::measure::Options),
    Passive(passive::Options),
    Puppet(puppet::Options),
    Scale(authority::scale::Options),
    Timing(authority::timing::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().bench {
        Bench::Authority(options) => authority::run(&options),
        Bench::Faults(options) => authority::faults::run(&options),
        Bench::Faces(options) => faces::run(&options),
        Bench::Cosines(options) => cosines::run(&options),
        Bench::Liveness(options) => liveness::run(&options),
        Bench::Landmarks(options) => liveness::measure::run(&options),
        Bench::Passive(options) => passive::run(&options),
        Bench::Puppet(options) => puppet::run(&options),
        Bench::Scale(options) => authority::scale::run(&options),
        Bench::Timing(options) => authority::timing::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a program for the terminal")]
fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
