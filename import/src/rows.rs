//! The CSV: who is on which photograph. Checked as a whole, so that a mistake is found before anything is sent.

use std::collections::HashMap;
use std::path::{Component, Path};

use csv::{ReaderBuilder, StringRecord, Trim};
use nod_protocol::{ids::ClaimedId, random};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::ImportError;

/// One person. Not printable: it holds an ID.
pub struct Row {
    /// Number of the line in the CSV, as an editor counts: the heading is line 1.
    pub line: u64,
    /// Whose photograph it is.
    pub id: ClaimedId,
    /// The file, relative to the directory of the photographs.
    pub photograph: String,
}

/// Mistakes are listed up to this many.
const SHOWN: usize = 20;

/// Reads and checks the whole file.
pub fn read(path: &Path) -> Result<Vec<Row>, ImportError> {
    let text = Zeroizing::new(std::fs::read(path).map_err(ImportError::file(path))?);
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::All)
        .from_reader(&text[..]);
    let mut lines = Lines::of(&text);
    let mut mistakes = Mistakes::default();
    let columns = reader.headers().map(Columns::of);
    let Ok(Some(columns)) = columns else {
        mistakes.add(1, "the heading must be: id,photograph");
        return Err(mistakes.in_file(path));
    };
    let (mut rows, mut seen) = (Vec::new(), Seen::new()?);
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = lines.number(error.position());
                mistakes.add(line, "not UTF-8 text in the form of a CSV");
                // Where the next record begins is anybody's guess.
                break;
            }
        };
        let line = lines.number(record.position());
        match columns.row(&record, line) {
            Ok(row) => match seen.before(&row) {
                None => rows.push(row),
                Some(first) => mistakes.add(line, &format!("the same ID as in line {first}")),
            },
            Err(mistake) => mistakes.add(line, &mistake),
        }
    }
    if mistakes.count > 0 {
        Err(mistakes.in_file(path))
    } else if rows.is_empty() {
        let path = path.display();
        Err(ImportError::Input(format!(
            "{path} has no lines below its heading"
        )))
    } else {
        Ok(rows)
    }
}

/// Counts lines as an editor does. The reader's own count begins a record before the end of the line above it, and
/// before any empty lines.
struct Lines<'a> {
    text: &'a [u8],
    /// Counted up to here.
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    /// The line of the first character of a record; records come in order.
    fn number(&mut self, record: Option<&csv::Position>) -> u64 {
        let start = record.map_or(self.at, |p| usize::try_from(p.byte()).unwrap_or(usize::MAX));
        while let Some(byte) = self.text.get(self.at) {
            let is_end = *byte == b'\n' || (*byte == b'\r' && self.next() != Some(b'\n'));
            if self.at >= start && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.at += 1;
            self.line += u64::from(is_end);
        }
        self.line
    }

    fn next(&self) -> Option<u8> {
        self.text.get(self.at + 1).copied()
    }
}

/// Which column is which.
struct Columns {
    id: usize,
    photograph: usize,
}

impl Columns {
    fn of(heading: &StringRecord) -> Option<Self> {
        let at = |name| heading.iter().position(|column| column == name);
        match (heading.len(), at("id"), at("photograph")) {
            (2, Some(id), Some(photograph)) => Some(Self { id, photograph }),
            _ => None,
        }
    }

    /// The row of a record, or what is wrong with it.
    fn row(&self, record: &StringRecord, line: u64) -> Result<Row, String> {
        let (Some(id), Some(photograph), 2) = (
            record.get(self.id),
            record.get(self.photograph),
            record.len(),
        ) else {
            return Err(format!("2 columns are expected, here are {}", record.len()));
        };
        let id = ClaimedId::parse(id).map_err(|error| error.to_string())?;
        if !is_inside(photograph) {
            return Err("the photograph must be a file in the directory of the photographs".into());
        }
        Ok(Row {
            line,
            id,
            photograph: photograph.to_owned(),
        })
    }
}

/// A relative path of plain names: a CSV from elsewhere must not reach other files.
fn is_inside(photograph: &str) -> bool {
    !photograph.is_empty()
        && Path::new(photograph)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// Digests of the IDs so far, so that a second copy of them all need not be kept (nor wiped).
struct Seen {
    salt: [u8; 32],
    lines: HashMap<[u8; 32], u64>,
}

impl Seen {
    fn new() -> Result<Self, ImportError> {
        let salt = random::bytes().map_err(|error| ImportError::Input(error.to_string()))?;
        Ok(Self {
            salt,
            lines: HashMap::new(),
        })
    }

    /// The line in which the row's ID was before.
    fn before(&mut self, row: &Row) -> Option<u64> {
        let digest = Sha256::new()
            .chain_update(self.salt)
            .chain_update(row.id.expose())
            .finalize();
        let first = *self.lines.entry(digest.into()).or_insert(row.line);
        (first != row.line).then_some(first)
    }
}

/// What is wrong, each with its line.
#[derive(Default)]
struct Mistakes {
    count: usize,
    lines: Vec<String>,
}

impl Mistakes {
    fn add(&mut self, line: u64, mistake: &str) {
        self.count += 1;
        if self.lines.len() < SHOWN {
            self.lines.push(format!("  line {line}: {mistake}"));
        }
    }

    fn in_file(mut self, path: &Path) -> ImportError {
        if self.count > self.lines.len() {
            let more = self.count - self.lines.len();
            self.lines.push(format!("  and {more} more"));
        }
        ImportError::Rows {
            path: path.to_owned(),
            lines: self.lines.join("\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &[u8]) -> Result<Vec<Row>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("people.csv");
        std::fs::write(&path, text).unwrap();
        read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn lines_are_numbered_as_an_editor_does() {
        let text = "\u{feff}id,photograph\r\n1234, a/1.jpg\r\n\r\n\"12 35\",\"b 2.png\"\r\n";
        let rows = read_text(text.as_bytes()).unwrap();
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.line, row.id.expose(), row.photograph.as_str()))
            .collect();
        assert_eq!(found, [(2, "1234", "a/1.jpg"), (4, "1235", "b 2.png")]);
        let swapped = read_text(b"photograph,id\n1.jpg,1234\n").unwrap();
        assert_eq!(swapped[0].photograph, "1.jpg");
    }

    #[test]
    fn every_mistake_is_listed_with_its_line_and_without_the_id() {
        let text = "id,photograph\n1234,1.jpg\n12-34,2.jpg\nplanted!,3.jpg\n1236\n\
                    1237,../4.jpg\n1238,/etc/5.jpg\n1239,\n1240,6.jpg,7\n";
        let message = read_text(text.as_bytes()).err().unwrap();
        for expected in [
            "line 3: the same ID as in line 2",
            "line 4: an ID has",
            "line 5: 2 columns are expected, here are 1",
            "line 6: the photograph must",
            "line 7: the photograph must",
            "line 8: the photograph must",
            "line 9: 2 columns are expected, here are 3",
        ] {
            assert!(message.contains(expected), "{expected}: {message}");
        }
        assert!(!message.contains("planted") && !message.contains("1234"));
    }

    #[test]
    fn what_is_no_list_of_people_is_refused() {
        for (text, expected) in [
            (&b""[..], "the heading must be"),
            (b"1234,1.jpg\n", "the heading must be"),
            (b"id,photograph,name\n", "the heading must be"),
            (b"id,photograph\n", "no lines below its heading"),
            (
                b"id,photograph\n1234,1.jpg\n1235,\xff\n",
                "line 3: not UTF-8",
            ),
        ] {
            let message = read_text(text).err().unwrap();
            assert!(message.contains(expected), "{expected}: {message}");
        }
        let many = (0..50).fold("id,photograph\n".to_owned(), |text, _| text + "x,1.jpg\n");
        assert!(
            read_text(many.as_bytes())
                .err()
                .unwrap()
                .ends_with("and 30 more")
        );
    }
}
