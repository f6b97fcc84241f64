//! `cargo xtask generate`: what pages and back ends may rely on, written wherever it is said.
//!
//! Codes come from `protocol/src/codes.rs`, questions from `protocol/src/questions.rs`, attributes and events from `contract/element.rs`. From them are made the tables of
//! the documents, the types, and the element's and the frame's own tables: a part of each of these files, between a line
//! that says `generated: NAME` and the next one that says `end of generated`. The rest of the files is written by hand.
//! Results are committed; a test fails where they differ.

// The table itself, not the crate around it: its cryptography need not be compiled for this program.
#[allow(
    dead_code,
    unreachable_pub,
    reason = "another crate's module, used in part"
)]
#[path = "../../protocol/src/codes.rs"]
#[allow(
    clippy::enum_variant_names,
    reason = "`handoff.wrong_code` is about a code of its own"
)]
mod codes;
mod element;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "another crate's module, used in part"
)]
#[path = "../../protocol/src/questions.rs"]
pub(crate) mod questions;
mod scripts;
mod tables;
mod types;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::{paths, step};

/// A part of a file, by the name on its first line, and how its lines are made.
struct Part {
    file: &'static str,
    name: &'static str,
    make: fn() -> String,
}

const PARTS: [Part; 20] = [
    part("docs/troubleshooting.md", "config env", || {
        tables::codes(&["config", "env"])
    }),
    part("docs/troubleshooting.md", "camera", || {
        tables::codes(&["camera"])
    }),
    part("docs/troubleshooting.md", "user", || {
        tables::codes(&["user"])
    }),
    part("docs/troubleshooting.md", "net session seal", || {
        tables::codes(&["net", "session", "seal"])
    }),
    part("docs/troubleshooting.md", "handoff", || {
        tables::codes(&["handoff"])
    }),
    part("docs/troubleshooting.md", "limit", || {
        tables::codes(&["limit"])
    }),
    part("docs/troubleshooting.md", "enrol terminal", || {
        tables::codes(&["enrol", "terminal"])
    }),
    part("docs/troubleshooting.md", "answer", || {
        tables::codes(&["answer"])
    }),
    part("docs/troubleshooting.md", "capture", || {
        tables::codes(&["capture"])
    }),
    part(
        "docs/integration/element.md",
        "attributes",
        tables::attributes,
    ),
    part("docs/integration/element.md", "events", tables::events),
    part("docs/questions.md", "questions", tables::questions),
    part("www/element/README.md", "attributes", tables::attributes),
    part("www/element/README.md", "events", tables::events),
    part("www/element/nod.d.ts", "codes", types::codes),
    part("www/element/nod.d.ts", "events", types::events),
    part("www/element/nod.d.ts", "attributes", types::attributes),
    part("www/element/nod.js", "events", scripts::events),
    part("www/element/nod.js", "codes", || {
        scripts::codes(&element::OWN_CODES)
    }),
    part("www/frame/problem.js", "codes", || {
        scripts::codes(&element::FRAME_CODES)
    }),
];

const fn part(file: &'static str, name: &'static str, make: fn() -> String) -> Part {
    Part { file, name, make }
}

/// Writes every part anew.
///
/// # Errors
/// When a file or the lines around a part are missing.
pub(crate) fn generate() -> Result<()> {
    for part in &PARTS {
        let path = paths::root().join(part.file);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let made = part.within(&text)?;
        if made == text {
            continue;
        }
        step::say(&format!("  {}: {}", part.file, part.name));
        fs::write(&path, made).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

impl Part {
    /// The file's text with this part as it should be.
    fn within(&self, text: &str) -> Result<String> {
        let first = format!("generated: {} ", self.name);
        let mut lines = text.split_inclusive('\n');
        let mut made = String::new();
        for line in lines.by_ref() {
            made += line;
            if line.contains(&first) {
                made += &(self.make)();
                let mut rest = lines.skip_while(|line| !line.contains("end of generated"));
                let Some(end) = rest.next() else {
                    bail!(
                        "{}: `{}` has no line `end of generated`",
                        self.file,
                        self.name
                    );
                };
                made += end;
                made.extend(rest);
                return Ok(made);
            }
        }
        bail!("{}: no line with `{first}`", self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_is_what_is_generated() {
        for part in &PARTS {
            let text = fs::read_to_string(paths::root().join(part.file)).unwrap();
            assert!(
                part.within(&text).unwrap() == text,
                "{}: `{}` is not as its source has it: run `cargo xtask generate`",
                part.file,
                part.name
            );
        }
    }

    #[test]
    fn a_part_is_replaced_and_nothing_around_it() {
        let part = part("x.md", "b", || "new\n".to_owned());
        let text = |inner: &str| {
            format!(
                "a\n<!-- generated: b by xtask -->\n{inner}<!-- end of generated -->\nc\n<!-- end of generated -->\n"
            )
        };
        assert_eq!(part.within(&text("old\nold\n")).unwrap(), text("new\n"));
        assert_eq!(part.within(&text("new\n")).unwrap(), text("new\n"));
        for bad in [
            "a\n",
            "<!-- generated: b by xtask -->\nold\n",
            "<!-- generated: bc by xtask -->\n<!-- end of generated -->\n",
        ] {
            assert!(part.within(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_code_is_explained_once() {
        let tables = PARTS
            .iter()
            .filter(|part| part.file == "docs/troubleshooting.md");
        let explained: Vec<&str> = tables.flat_map(|part| part.name.split(' ')).collect();
        for code in codes::Code::ALL.iter().filter(|code| !code.is_private()) {
            let family = code.as_str().split('.').next().unwrap();
            assert!(explained.contains(&family), "{}", code.as_str());
        }
    }
}
