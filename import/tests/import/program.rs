//! `nod-import` as a child process.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use crate::{authority::Server, people::People};

/// The program with all its files; each test changes what it wants to.
pub(crate) struct Program {
    authority: String,
    models: PathBuf,
    key_file: PathBuf,
    root_key: PathBuf,
    csv: PathBuf,
    photos: PathBuf,
}

/// How a run ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    pub(crate) fn new(server: &Server, people: &People) -> Self {
        let at = |name: &str| people.dir().join(name);
        let program = Self {
            authority: server.address(),
            models: server.models(),
            key_file: at("import.key"),
            root_key: at("root.pub"),
            csv: at("people.csv"),
            photos: people.photos(),
        };
        program.set_key(server.key());
        program.set_root(&server.root());
        program.set_csv(&people.csv());
        program
    }

    pub(crate) fn set_key(&self, key: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(&self.key_file, format!("{key}\n")).unwrap();
        std::fs::set_permissions(&self.key_file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn set_root(&self, root: &str) {
        std::fs::write(&self.root_key, root).unwrap();
    }

    pub(crate) fn set_csv(&self, text: &str) {
        std::fs::write(&self.csv, text).unwrap();
    }

    /// Runs to the end.
    pub(crate) fn run(&self, more: &[&str]) -> Run {
        Run::of(self.command(more).output().unwrap())
    }

    /// Begins a run.
    pub(crate) fn begin(&self, more: &[&str]) -> Child {
        self.command(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The arguments that name a file, so that a test can leave the file out.
    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nod-import"));
        command.args(["--authority", &self.authority]);
        for (name, path) in [
            ("--models", &self.models),
            ("--key-file", &self.key_file),
            ("--root-key", &self.root_key),
            ("--csv", &self.csv),
            ("--photos", &self.photos),
        ] {
            command.arg(name).arg(path);
        }
        // The server is on this machine, whatever proxy leads out of it.
        for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        command.args(more);
        command
    }

    /// The journal as it is now; empty before the first run.
    pub(crate) fn journal(&self) -> String {
        std::fs::read_to_string(self.journal_path()).unwrap_or_default()
    }

    pub(crate) fn journal_path(&self) -> PathBuf {
        self.csv.with_extension("report.csv.journal")
    }

    pub(crate) fn report(&self) -> String {
        std::fs::read_to_string(self.csv.with_extension("report.csv")).unwrap()
    }

    /// Waits until so many rows are in the journal.
    pub(crate) fn wait_for_rows(&self, count: usize) {
        for _ in 0..3000 {
            if self.journal().lines().count() > count {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        unreachable!("{count} rows are never done: {}", self.journal());
    }
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    pub(crate) fn all(&self) -> String {
        format!("exit {}\n{}\n{}", self.code, self.out, self.err)
    }
}
