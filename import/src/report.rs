//! The refused photographs, for whoever will take better ones.
//!
//! Names the line of the CSV and not the person or the file: photographs are often named by ID, and a report goes
//! to more people than the CSV does.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use crate::{error::ImportError, reason::Reason};

/// Writes the report anew, all of it or (on an error, or when killed) not at all: `refused` are lines of the CSV.
pub fn write(path: &Path, refused: &[(u64, Reason)]) -> Result<(), ImportError> {
    let mut draft = path.to_owned().into_os_string();
    draft.push(".new");
    let draft = Path::new(&draft);
    put(draft, refused).map_err(ImportError::file(draft))?;
    std::fs::rename(draft, path).map_err(ImportError::file(path))
}

/// How many photographs were refused for each reason, the most frequent first: `12 hint.blurred, 1 …`.
pub fn tally(refused: &[(u64, Reason)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, reason) in refused {
        *counts.entry(reason.name()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    words.join(", ")
}

fn put(path: &Path, refused: &[(u64, Reason)]) -> std::io::Result<()> {
    let file = File::create(path)?;
    let mut writer = csv::Writer::from_writer(&file);
    writer.write_record(["line", "reason", "explanation"])?;
    for (line, reason) in refused {
        writer.write_record([&line.to_string(), reason.name(), reason.advice()])?;
    }
    writer.flush()?;
    drop(writer);
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use nod_protocol::codes::Code;

    use super::*;

    #[test]
    fn each_refused_line_has_its_reason_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.csv");
        let blurred = Reason::Hint(Code::HintBlurred);
        let refused = [(3, blurred), (7, Reason::Missing), (9, blurred)];
        write(&path, &refused).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("line,reason,explanation\n3,hint.blurred,The picture is blurred\n")
        );
        assert!(text.contains("\n7,photograph.missing,\"The file is not in"));
        assert_eq!(tally(&refused), "2 hint.blurred, 1 photograph.missing");
        write(&path, &[]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "line,reason,explanation\n");
    }
}
