//! The rules that keep the layers apart, checked on the sources by `cargo test -p xtask`: what a file may
//! use, and what the types that carry a face or a secret may not do.

use std::fs;
use std::path::Path;

use crate::paths;

/// Folders with the sources of the product.
const SOURCES: [&str; 10] = [
    "src/",
    "protocol/src/",
    "authority/src/",
    "demo/src/",
    "engine/src/",
    "evidence/src/",
    "import/src/",
    "models/src/",
    "planner/src/",
    "relay/src/",
];

/// Words that only some files may use.
struct Rule {
    why: &'static str,
    words: &'static [&'static str],
    /// Where the rule holds: prefixes of paths.
    within: &'static [&'static str],
    /// The exceptions: prefixes of paths.
    allowed: &'static [&'static str],
}

const RULES: [Rule; 8] = [
    Rule {
        why: "browser APIs belong to the browser edge, so that everything else is tested natively",
        words: &["web_sys", "js_sys", "wasm_bindgen::"],
        within: &SOURCES,
        allowed: &["src/bindings.rs", "src/camera.rs", "src/post.rs"],
    },
    Rule {
        why: "one file knows the inference engine, so that another one can take its place",
        words: &["nod_engine"],
        within: &SOURCES,
        allowed: &["src/model.rs", "engine/", "planner/"],
    },
    Rule {
        why: "ONNX is read when a build is prepared, and never in a page",
        words: &["tract_onnx", "tract_core", "tract_hir"],
        within: &SOURCES,
        allowed: &["planner/"],
    },
    Rule {
        why: "one module holds what the compiler cannot check",
        words: &["unsafe {", "unsafe fn", "unsafe impl"],
        within: &SOURCES,
        allowed: &["engine/src/simd.rs"],
    },
    Rule {
        why: "one file chooses the cipher suite",
        words: &["hpke::", "use hpke"],
        within: &SOURCES,
        allowed: &["protocol/src/seal.rs", "protocol/src/seal/"],
    },
    Rule {
        why: "the relay has no key and reads no message: it speaks HTTP, as any relay would",
        words: &["nod_protocol", "nod_authority", "nod::"],
        within: &["relay/src/"],
        allowed: &[],
    },
    Rule {
        why: "one module speaks SQL",
        words: &["sqlx::", "\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE "],
        within: &SOURCES,
        allowed: &["authority/src/store/"],
    },
    Rule {
        why: "the pure crates take time as an argument (a browser's module has no clock of its own) and touch no files",
        words: &[
            "Instant::now",
            "SystemTime::now",
            "std::fs",
            "TcpStream",
            "std::env",
        ],
        within: &["src/", "protocol/src/", "engine/src/"],
        allowed: &[],
    },
];

/// Types that carry a face, a claimed identity or a key, and where they are. None prints itself, becomes
/// JSON, or is copied.
const CONFIDENTIAL: &[(&str, &str)] = &[
    ("authority/src/keys.rs", "KeyRing"),
    ("authority/src/keys/environment.rs", "GivenKeys"),
    ("authority/src/protect.rs", "ProtectedEmbedding"),
    ("authority/src/protect.rs", "Rotation"),
    ("authority/src/compare.rs", "Probe"),
    ("authority/src/store/pending.rs", "Pending"),
    ("authority/src/vault/ring.rs", "AtRestKeys"),
    ("authority/src/vault/ring.rs", "Ring"),
    ("protocol/src/ids/secret.rs", "DeviceHandle"),
    ("protocol/src/ids/secret.rs", "ClaimHandle"),
    ("authority/src/compare/cohort.rs", "Cohort"),
    ("authority/src/compare/cohort.rs", "View"),
    ("authority/src/questions/calendar.rs", "Date"),
    ("authority/src/questions/calendar.rs", "Month"),
    ("authority/src/questions/record.rs", "Attributes"),
    ("authority/src/questions/record.rs", "Insurance"),
    ("authority/src/questions/record.rs", "Cover"),
    ("authority/src/questions/record.rs", "Line"),
    ("authority/src/questions/record.rs", "ReadLine"),
    ("authority/src/store/card.rs", "Card"),
    ("authority/src/store/credentials.rs", "FoundCredential"),
    ("authority/src/store/credentials/record.rs", "Credential"),
    ("authority/src/webauthn/attested.rs", "NewKey"),
    ("authority/src/store/duplicates.rs", "Holder"),
    ("authority/src/store/duplicates.rs", "Seen"),
    ("authority/src/store/handoffs.rs", "Handoff"),
    ("authority/src/store/residents.rs", "Resident"),
    ("authority/src/store/templates.rs", "StoredTemplate"),
    ("authority/src/store/terminal.rs", "Held"),
    ("authority/src/store/terminal.rs", "Released"),
    ("authority/src/store/terminal.rs", "TerminalEnrolment"),
    ("authority/src/terminal/hold.rs", "Capture"),
    ("authority/src/terminal/messages.rs", "OpenRequest"),
    ("authority/src/terminal/messages.rs", "SignInRequest"),
    ("authority/src/terminal/messages.rs", "PhoneRequest"),
    ("authority/src/terminal/messages.rs", "CodeRequest"),
    ("authority/src/terminal/phone_number.rs", "PhoneNumber"),
    ("import/src/photograph.rs", "Photograph"),
    ("import/src/rows.rs", "Row"),
    ("src/capture.rs", "Captured"),
    ("src/capture.rs", "SetEmbeddings"),
    ("src/capture.rs", "Keyframe"),
    ("src/image.rs", "Crop"),
    ("protocol/src/answer.rs", "AnswerKey"),
    ("protocol/src/ids/secret.rs", "ClaimedId"),
    ("protocol/src/ids/secret.rs", "Passcode"),
    ("protocol/src/evidence.rs", "EvidenceRequest"),
    ("protocol/src/evidence.rs", "Received"),
    ("protocol/src/evidence.rs", "Item"),
    ("protocol/src/evidence.rs", "ReceivedItem"),
    ("protocol/src/evidence.rs", "ReceivedFrame"),
    ("protocol/src/key_config.rs", "RootKey"),
    ("protocol/src/ohttp.rs", "Answering"),
    ("protocol/src/ohttp.rs", "PendingResponse"),
    ("protocol/src/seal/oblivious.rs", "ResponseSecret"),
    ("relay/src/address.rs", "Subscriber"),
    ("protocol/src/payload/assertion.rs", "Assertion"),
    ("protocol/src/payload.rs", "Payload"),
    ("protocol/src/payload.rs", "SetCapture"),
    ("protocol/src/payload.rs", "Track"),
    ("protocol/src/payload.rs", "TrackFrame"),
    ("protocol/src/payload/crop.rs", "EvidenceCrop"),
    ("protocol/src/payload/embedding.rs", "Embedding"),
    ("protocol/src/seal.rs", "SealKeyPair"),
];
const FORBIDDEN: [&str; 4] = ["Debug", "Display", "Serialize", "Clone"];

/// Crates that the authority must not depend on: it compares templates and never makes one.
const NOT_IN_AUTHORITY: [&str; 4] = ["nod", "nod-evidence", "tract-onnx", "tract-core"];

/// A source file: its path in the checkout, and its lines without comments, numbered from 1.
struct Source {
    path: String,
    lines: Vec<(usize, String)>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let code = |line: &str| !line.trim_start().starts_with("//");
        let lines = text.lines().enumerate().filter(|(_, line)| code(line));
        Self {
            path: path.to_owned(),
            lines: lines.map(|(n, line)| (n + 1, line.to_owned())).collect(),
        }
    }
}

impl Rule {
    /// Each use of a word where it may not be used.
    fn violations(&self, source: &Source) -> Vec<String> {
        let within = |places: &[&str]| places.iter().any(|place| source.path.starts_with(place));
        if !within(self.within) || within(self.allowed) {
            return Vec::new();
        }
        let uses = |line: &str| {
            self.words
                .iter()
                .find(|word| line.contains(**word))
                .copied()
        };
        let found = source
            .lines
            .iter()
            .filter_map(|(number, line)| Some((number, uses(line)?)));
        found
            .map(|(number, word)| format!("{}:{number}: {word} ({})", source.path, self.why))
            .collect()
    }
}

/// Forbidden derives and implementations of a confidential type; nothing if it is not defined here.
fn leaks(name: &str, source: &Source) -> Option<Vec<String>> {
    let starts = |line: &str, keyword: &str| {
        line.split_once(keyword).is_some_and(|(_, rest)| {
            rest.strip_prefix(name)
                .is_some_and(|end| !end.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    };
    let at = source
        .lines
        .iter()
        .position(|(_, line)| starts(line, "struct "))?;
    let attributes = source.lines[..at].iter().rev().take_while(|(_, line)| {
        // The attributes of an item end where the item before it ends.
        !line.trim().is_empty() && line.trim() != "}" && !line.trim_end().ends_with(';')
    });
    let derived = attributes.filter(|(_, line)| {
        line.contains("derive") || line.trim_start().starts_with(char::is_alphabetic)
    });
    let implemented = source
        .lines
        .iter()
        .filter(|(_, line)| line.starts_with("impl") && starts(line, " for "));
    let words = |line: &str| -> Vec<&'static str> {
        let parts: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).collect();
        FORBIDDEN
            .into_iter()
            .filter(|word| parts.contains(word))
            .collect()
    };
    let mut found = Vec::new();
    for (number, line) in derived.chain(implemented) {
        for word in words(line) {
            found.push(format!(
                "{}:{number}: {name} must not be {word}",
                source.path
            ));
        }
    }
    Some(found)
}

fn sources() -> Vec<Source> {
    let mut all = Vec::new();
    for folder in SOURCES {
        collect(&paths::root().join(folder), folder, &mut all);
    }
    all
}

fn collect(folder: &Path, prefix: &str, all: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), all);
        } else if name.ends_with(".rs") {
            all.push(Source::new(
                &format!("{prefix}{name}"),
                &fs::read_to_string(&path).unwrap(),
            ));
        }
    }
}

#[test]
fn every_file_uses_only_what_its_layer_may() {
    let sources = sources();
    let found: Vec<String> = RULES
        .iter()
        .flat_map(|rule| sources.iter().flat_map(|source| rule.violations(source)))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    // A rule about something that nobody uses any more guards nothing.
    for rule in RULES.iter().filter(|rule| !rule.allowed.is_empty()) {
        let everywhere = Rule {
            allowed: &[],
            ..*rule
        };
        assert!(
            sources
                .iter()
                .any(|source| !everywhere.violations(source).is_empty()),
            "unused: {}",
            rule.why
        );
    }
}

#[test]
fn what_is_confidential_neither_prints_nor_copies_itself() {
    let sources = sources();
    for &(file, name) in CONFIDENTIAL {
        let found = sources
            .iter()
            .filter(|source| source.path == file)
            .find_map(|source| leaks(name, source));
        let found = found.unwrap_or_else(|| panic!("{name} is not in {file}: moved or renamed?"));
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn the_authority_does_not_depend_on_the_capture_pipeline() {
    let manifest = fs::read_to_string(paths::root().join("authority/Cargo.toml")).unwrap();
    for name in NOT_IN_AUTHORITY {
        let depends = manifest
            .lines()
            .any(|line| line.split(['=', '.', ' ']).next() == Some(name));
        assert!(!depends, "the authority depends on {name}");
    }
}

#[test]
fn a_violation_is_found_and_a_comment_is_none() {
    let text = "// web_sys in words\nuse web_sys::Request;\n";
    let at = |path| RULES[0].violations(&Source::new(path, text));
    assert_eq!(at("src/quality.rs").len(), 1);
    assert!(at("src/quality.rs")[0].starts_with("src/quality.rs:2: web_sys"));
    assert!(at("src/camera.rs").is_empty());
}

#[test]
fn a_leak_is_found_in_derives_and_implementations() {
    let leak = |text: &str| leaks("Passcode", &Source::new("a.rs", text)).map(|found| found.len());
    assert_eq!(
        leak("#[derive(Debug, Clone)]\npub struct Passcode(String);"),
        Some(2)
    );
    assert_eq!(
        leak("#[derive(\n    Debug,\n)]\npub struct Passcode(String);"),
        Some(1)
    );
    assert_eq!(
        leak("pub struct Passcode(String);\n\nimpl fmt::Debug for Passcode {}"),
        Some(1)
    );
    assert_eq!(
        leak("#[derive(Debug)]\nstruct Other;\n\npub(crate) struct Passcode(String);"),
        Some(0)
    );
    assert_eq!(leak("#[derive(Debug)]\npub struct PasscodeError;"), None);
}
