//! What the benchmarks say.

/// Results go to standard output.
#[expect(clippy::print_stdout, reason = "a program for the terminal")]
pub(crate) fn say(text: &str) {
    print!("{text}");
}

/// How far the work is goes to standard error, so that a pipe holds results alone.
#[expect(clippy::print_stderr, reason = "a program for the terminal")]
pub(crate) fn progress(line: &str) {
    eprintln!("  {line}");
}
