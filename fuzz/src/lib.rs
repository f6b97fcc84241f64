//! What no input may do to Nod: one function for each parser that faces a network or a file of others, with what must hold
//! of everything that it accepts. A violation is a panic.
//!
//! The functions are ordinary ones. `tests/replay.rs` runs them on the inputs of `corpus/` and on the seeds with every
//! `cargo test`; `cargo xtask fuzz` gives them to libFuzzer, which makes up new inputs by what they reach. docs/fuzzing.md
//! says how to run that and what becomes of a finding.

mod answer;
#[cfg(feature = "authority")]
mod config;
mod envelope;
mod evidence;
mod ids;
mod json;
#[cfg(feature = "authority")]
mod judge;
mod key_config;
mod oblivious;
mod payload;
#[cfg(feature = "authority")]
mod request;
mod samples;
mod tampered;
#[cfg(feature = "authority")]
mod webauthn;

/// A parser, and what must hold of it.
pub struct Target {
    /// Of the folder in `corpus/`, and on the command line.
    pub name: &'static str,
    /// Gives the input to the parser. Returns whether it was accepted, which makes sure that a corpus reaches what lies
    /// behind the parser.
    ///
    /// # Panics
    /// When something does not hold that must.
    pub run: fn(&[u8]) -> bool,
    /// Inputs to begin with, the same in every run; the first is accepted.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Inputs are no longer than this many bytes.
    pub longest: usize,
    /// Words that inputs are made of.
    pub words: &'static [&'static str],
}

/// All of them; without the feature `authority`, those that need none of its code.
pub static TARGETS: &[Target] = &[
    Target {
        name: "envelope",
        run: envelope::run,
        seeds: envelope::seeds,
        longest: 1024,
        words: envelope::WORDS,
    },
    Target {
        name: "payload",
        run: payload::run,
        seeds: payload::seeds,
        longest: 8 * 1024,
        words: &[],
    },
    Target {
        name: "tampered",
        run: tampered::run,
        seeds: tampered::seeds,
        longest: 64,
        words: &[],
    },
    #[cfg(feature = "authority")]
    Target {
        name: "judge",
        run: judge::run,
        seeds: judge::seeds,
        longest: 512,
        words: &[],
    },
    Target {
        name: "json",
        run: json::run,
        seeds: json::seeds,
        longest: 2 * 1024,
        words: json::WORDS,
    },
    Target {
        name: "ids",
        run: ids::run,
        seeds: ids::seeds,
        longest: 320,
        words: ids::WORDS,
    },
    Target {
        name: "answer",
        run: answer::run,
        seeds: answer::seeds,
        longest: 1024,
        words: answer::WORDS,
    },
    Target {
        name: "key_config",
        run: key_config::run,
        seeds: key_config::seeds,
        longest: 1024,
        words: key_config::WORDS,
    },
    Target {
        name: "oblivious",
        run: oblivious::run,
        seeds: oblivious::seeds,
        longest: 1024,
        words: oblivious::WORDS,
    },
    Target {
        name: "evidence",
        run: evidence::run,
        seeds: evidence::seeds,
        longest: 4 * 1024,
        words: &[],
    },
    #[cfg(feature = "authority")]
    Target {
        name: "config",
        run: config::run,
        seeds: config::seeds,
        longest: 1024,
        words: config::WORDS,
    },
    #[cfg(feature = "authority")]
    Target {
        name: "request",
        run: request::run,
        seeds: request::seeds,
        longest: 1024,
        words: request::WORDS,
    },
    #[cfg(feature = "authority")]
    Target {
        name: "webauthn",
        run: webauthn::run,
        seeds: webauthn::seeds,
        longest: 2 * 1024,
        words: webauthn::WORDS,
    },
];

/// The target with this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    /// The words in the form that libFuzzer reads: one a line in quotes, everything but letters and digits escaped.
    pub fn dictionary(&self) -> String {
        let escaped = |word: &str| -> String {
            word.bytes()
                .map(|byte| match byte {
                    b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
                    b => format!("\\x{b:02x}"),
                })
                .collect()
        };
        let lines = self
            .words
            .iter()
            .map(|word| format!("\"{}\"\n", escaped(word)));
        lines.collect()
    }
}
