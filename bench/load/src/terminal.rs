//! What the benchmarks and the load generator say.

/// Results go to standard output.
#[expect(clippy::print_stdout, reason = "a program for the terminal")]
pub fn say(text: &str) {
    print!("{text}");
}

/// How far the work is goes to standard error, so that a pipe holds results alone.
#[expect(clippy::print_stderr, reason = "a program for the terminal")]
pub fn progress(line: &str) {
    eprintln!("  {line}");
}
