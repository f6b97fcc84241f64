//! The journal survives whatever a kill leaves behind.

use nod_protocol::{codes::Code, ids::ClaimedId};

use super::*;

const BLURRED: Outcome = Outcome::Refused(Reason::Hint(Code::HintBlurred));

fn row(line: u64, id: &str) -> Row {
    Row {
        line,
        id: ClaimedId::parse(id).unwrap(),
        photograph: format!("{id}.jpg"),
    }
}

fn key() -> Zeroizing<String> {
    Zeroizing::new("ik_planted".into())
}

/// A journal with three entries, closed again.
fn written() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let mut journal = Journal::open(&path, &key()).unwrap();
    journal.add(&row(2, "1001"), Outcome::Enrolled).unwrap();
    journal.add(&row(3, "1002"), BLURRED).unwrap();
    journal.add(&row(4, "1003"), Outcome::Exists).unwrap();
    (dir, path)
}

#[test]
fn what_was_written_is_known_again() {
    let (_dir, path) = written();
    let mut journal = Journal::open(&path, &key()).unwrap();
    assert_eq!(journal.outcome(&row(2, "1001")), Some(Outcome::Enrolled));
    assert_eq!(journal.outcome(&row(3, "1002")), Some(BLURRED));
    // A line was put above it in the CSV: still the same row.
    assert_eq!(journal.outcome(&row(9, "1003")), Some(Outcome::Exists));
    assert_eq!(journal.outcome(&row(5, "1004")), None);
    // Another photograph of the same person: a new row.
    let mut other = row(2, "1001");
    other.photograph = "better.jpg".into();
    assert_eq!(journal.outcome(&other), None);
    // The last word counts.
    journal.add(&row(3, "1002"), Outcome::Enrolled).unwrap();
    drop(journal);
    let journal = Journal::open(&path, &key()).unwrap();
    assert_eq!(journal.outcome(&row(3, "1002")), Some(Outcome::Enrolled));
}

#[test]
fn a_line_cut_anywhere_is_taken_back_and_written_again() {
    let (_dir, path) = written();
    let text = std::fs::read_to_string(&path).unwrap();
    let last = text.trim_end().rfind('\n').unwrap() + 1;
    for cut in last..text.len() {
        std::fs::write(&path, &text[..cut]).unwrap();
        let mut journal = Journal::open(&path, &key()).unwrap();
        assert_eq!(journal.outcome(&row(3, "1002")), Some(BLURRED), "{cut}");
        assert_eq!(journal.outcome(&row(4, "1003")), None, "{cut}");
        journal.add(&row(4, "1003"), Outcome::Exists).unwrap();
        drop(journal);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{cut}");
    }
    // Not even the heading was complete: nothing had been done yet.
    std::fs::write(&path, &text[..10]).unwrap();
    let journal = Journal::open(&path, &key()).unwrap();
    assert_eq!(journal.outcome(&row(2, "1001")), None);
}

#[test]
fn neither_id_nor_file_name_is_in_it_and_no_digest_is_the_same_twice() {
    let (_dir, path) = written();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("1001") && !text.contains(".jpg") && !text.contains("planted"));
    let (_other, other_path) = written();
    let other = std::fs::read_to_string(other_path).unwrap();
    let digests = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.split(' ').nth(1).unwrap().to_owned())
            .collect()
    };
    for digest in digests(&text) {
        assert!(!digests(&other).contains(&digest));
    }
}

#[test]
fn a_journal_of_another_key_or_of_something_else_is_left_alone() {
    let (_dir, path) = written();
    let text = std::fs::read_to_string(&path).unwrap();
    let open = |key: &str| {
        let opened = Journal::open(&path, &Zeroizing::new(key.into()));
        opened.err().map(|error| error.to_string())
    };
    assert!(open("ik_other").unwrap().contains("another import key"));
    for (damage, line) in [
        (text.replace("exists", "exits"), "line 4"),
        (text.replace("hint.blurred", "hint.blured"), "line 3"),
        (text.replace(FORMAT, "something"), "line 1"),
    ] {
        std::fs::write(&path, &damage).unwrap();
        assert!(open("ik_planted").unwrap().contains(line), "{line}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), damage);
    }
}

#[test]
fn two_runs_at_once_do_not_share_a_journal() {
    let (_dir, path) = written();
    let _first = Journal::open(&path, &key()).unwrap();
    let second = Journal::open(&path, &key()).err().unwrap().to_string();
    assert!(second.contains("another nod-import"), "{second}");
}
