//! Where PostgreSQL's programs are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Names the folder with the programs.
pub const VARIABLE: &str = "NOD_POSTGRES";
/// Where Debian keeps them, each version in a folder of its own: they are not on the PATH.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder that [`VARIABLE`] names, or Debian's with the highest version, or the one on the PATH.
#[must_use]
pub fn find() -> Option<PathBuf> {
    if let Some(chosen) = env::var_os(VARIABLE) {
        let folder = PathBuf::from(chosen);
        return has_programs(&folder).then_some(folder);
    }
    newest(Path::new(DEBIAN)).or_else(|| {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).find(|folder| has_programs(folder))
    })
}

/// The programs of the highest version that is there.
fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.flatten();
    let number = |name: &str| name.parse::<u32>().ok();
    let versions = entries.filter_map(|entry| {
        let folder = entry.path().join("bin");
        let version = number(entry.file_name().to_str()?)?;
        has_programs(&folder).then_some((version, folder))
    });
    versions
        .max_by_key(|(version, _)| *version)
        .map(|(_, folder)| folder)
}

/// Whether a folder has all that are needed.
#[must_use]
pub fn has_programs(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_isready"]
        .iter()
        .all(|name| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn the_highest_version_is_taken_and_what_is_none_is_passed_over() {
        let folder = env::temp_dir().join(format!("nod-postgres-versions-{}", std::process::id()));
        for (version, programs) in [
            ("9", &["initdb", "postgres", "pg_isready"][..]),
            ("15", &["initdb", "postgres", "pg_isready"]),
            ("17", &["pg_isready"]),
            ("common", &["initdb", "postgres", "pg_isready"]),
        ] {
            let bin = folder.join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in programs {
                File::create(bin.join(program)).unwrap();
            }
        }
        assert_eq!(newest(&folder), Some(folder.join("15/bin")));
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(newest(&folder), None);
    }
}
