//! Photographs in a directory and a CSV that says who is on them.

use std::path::{Path, PathBuf};

use image::{ImageFormat, RgbImage};

/// Portraits that are good enough to enrol in every model set.
const GOOD: [&str; 3] = ["obama", "obama2", "astronaut"];

/// A directory with photographs, and who is on them; gone with the value.
pub(crate) struct People {
    dir: tempfile::TempDir,
    rows: Vec<(String, String)>,
}

impl People {
    fn nobody() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("photos")).unwrap();
        Self { dir, rows: vec![] }
    }

    /// So many people, each with one of the good portraits (the authority does not look for one face under two
    /// names, and this is no test of that).
    pub(crate) fn good(count: usize) -> Self {
        let names: Vec<&str> = (0..count).map(|index| GOOD[index % GOOD.len()]).collect();
        Self::of(&names)
    }

    /// One person for each of these portraits of tests/faces.
    pub(crate) fn of(names: &[&str]) -> Self {
        names.iter().fold(Self::nobody(), |people, name| {
            let bytes = std::fs::read(portrait(name)).unwrap();
            people.with_photograph(&format!("p{}", name.len()), &bytes)
        })
    }

    /// One more person with these bytes as photograph; the file's name begins with `name`.
    pub(crate) fn with_photograph(mut self, name: &str, bytes: &[u8]) -> Self {
        let number = self.rows.len() + 1;
        let file = format!("{name}-{number}.jpg");
        std::fs::write(self.photos().join(&file), bytes).unwrap();
        self.rows.push((format!("440106-1990-{number:04}"), file));
        self
    }

    /// One more person with this picture.
    pub(crate) fn with_picture(self, picture: &RgbImage) -> Self {
        let mut bytes = std::io::Cursor::new(Vec::new());
        // Not a lossy format: what the test made is what the program sees.
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        self.with_photograph("made", &bytes.into_inner())
    }

    /// One more person whose file is not there.
    pub(crate) fn with_nothing(mut self) -> Self {
        let number = self.rows.len() + 1;
        self.rows
            .push((format!("440106-1990-{number:04}"), "gone.jpg".into()));
        self
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn photos(&self) -> PathBuf {
        self.dir.path().join("photos")
    }

    /// The file of one person, by index.
    pub(crate) fn photograph(&self, index: usize) -> PathBuf {
        self.photos().join(&self.rows[index].1)
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.rows.iter().map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn csv(&self) -> String {
        let lines = self.rows.iter().map(|(id, file)| format!("{id},{file}\n"));
        format!("id,photograph\n{}", lines.collect::<String>())
    }
}

/// A portrait of tests/faces.
pub(crate) fn portrait(name: &str) -> PathBuf {
    crate::authority::checkout().join(format!("tests/faces/{name}.jpg"))
}
