//! The PostgreSQL that the authority's tests run on a second time: Debian's programs, and a server of our own that nobody else
//! sees. It listens on a Unix socket alone, so that no port is taken, in a new folder, and both are gone at the end.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use super::apt;
use crate::paths::{self, on_path};
use crate::step;

/// Names the folder with the programs.
const VARIABLE: &str = "NOD_POSTGRES";
/// Where Debian keeps them, each version in a folder of its own: they are not on the PATH.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Whom Debian's package makes for its servers: PostgreSQL refuses to run as root.
const UNPRIVILEGED: &str = "postgres";
/// How long it may take until it answers, and until it has ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// The folder with `initdb` and `postgres`, installed by apt if there is none.
///
/// # Errors
/// When it is missing and cannot be installed.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(chosen) = env::var_os(VARIABLE) {
        let folder = PathBuf::from(chosen);
        if !has_programs(&folder) {
            bail!(
                "{VARIABLE} names {}, where there is no initdb and postgres",
                folder.display()
            );
        }
        return Ok(folder);
    }
    if let Some(found) = find() {
        step::already("PostgreSQL", &found.display().to_string());
        return Ok(found);
    }
    apt::install(
        &["postgresql"],
        &format!(
            "install PostgreSQL 15 or newer (or name the folder with initdb and postgres in {VARIABLE})"
        ),
    )?;
    find().with_context(|| format!("apt installed postgresql, but {DEBIAN} has no initdb"))
}

fn find() -> Option<PathBuf> {
    let beside = |program: PathBuf| program.parent().map(Path::to_path_buf);
    newest(Path::new(DEBIAN)).or_else(|| {
        on_path("initdb")
            .and_then(beside)
            .filter(|folder| has_programs(folder))
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

fn has_programs(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_isready"]
        .iter()
        .all(|name| folder.join(name).is_file())
}

/// A running server with an empty database. It is ended when this is dropped, and its folder removed.
pub(crate) struct Server {
    child: Child,
    folder: Folder,
}

impl Server {
    /// Makes a cluster and starts a server on it.
    ///
    /// # Errors
    /// When the programs are missing, or end at their start; the message carries what they say.
    pub(crate) fn start() -> Result<Self> {
        let programs = ensure()?;
        let user = Unprivileged::needed()?;
        let folder = Folder::new(user.as_ref())?;
        let data = folder.0.join("data");
        let mut initdb = Command::new(programs.join("initdb"));
        initdb
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "--pgdata"])
            .arg(&data);
        step::quiet("initdb", as_user(&mut initdb, user.as_ref(), &folder))?;

        let log = paths::target().join("xtask/postgres.log");
        let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut postgres = Command::new(programs.join("postgres"));
        postgres
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder.0)
            .args(["-c", "listen_addresses=", "-c", "max_connections=300"])
            // No test pulls the plug, and nothing is kept.
            .args(["-c", "fsync=off", "-c", "full_page_writes=off"])
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out);
        let child = as_user(&mut postgres, user.as_ref(), &folder)
            .spawn()
            .context("cannot start postgres")?;
        let mut server = Self { child, folder };
        server.wait_ready(&programs, &log)?;
        Ok(server)
    }

    /// The address of a database on it, for a user that may do everything.
    pub(crate) fn url(&self) -> String {
        let socket = self.folder.0.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}/postgres")
    }

    fn wait_ready(&mut self, programs: &Path, log: &Path) -> Result<()> {
        let began = Instant::now();
        loop {
            let mut asks = Command::new(programs.join("pg_isready"));
            asks.arg("--quiet").arg("--host").arg(&self.folder.0);
            if asks.status().context("cannot start pg_isready")?.success() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "postgres ended at its start ({status}); its output:\n{}",
                    step::tail(log)
                );
            }
            if began.elapsed() > PATIENCE {
                bail!("postgres does not answer; its output:\n{}", step::tail(log));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let running = |child: &mut Child| matches!(child.try_wait(), Ok(None));
        // SIGINT: without waiting for clients.
        if running(&mut self.child)
            && let Ok(id) = i32::try_from(self.child.id())
        {
            let _ = kill(Pid::from_raw(id), Signal::SIGINT);
        }
        let began = Instant::now();
        while running(&mut self.child) {
            if began.elapsed() > PATIENCE {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }
}

/// Somebody else to run as, where this program runs as root.
struct Unprivileged {
    user: u32,
    group: u32,
}

impl Unprivileged {
    fn needed() -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let user = User::from_name(UNPRIVILEGED).context("cannot read the list of users")?;
        let Some(user) = user else {
            bail!(
                "PostgreSQL does not run as root, and there is no user {UNPRIVILEGED}: run this as another user"
            );
        };
        Ok(Some(Self {
            user: user.uid.as_raw(),
            group: user.gid.as_raw(),
        }))
    }
}

fn as_user<'c>(
    command: &'c mut Command,
    user: Option<&Unprivileged>,
    folder: &Folder,
) -> &'c mut Command {
    if let Some(user) = user {
        command.uid(user.user).gid(user.group);
    }
    // The checkout may be where the other user cannot go.
    command.current_dir(&folder.0)
}

/// A folder for one server, of this user or the other alone. Outside of the checkout: an unprivileged user reaches it, and
/// the socket's path, which may have 107 bytes, stays short.
struct Folder(PathBuf);

impl Folder {
    fn new(user: Option<&Unprivileged>) -> Result<Self> {
        let path = env::temp_dir().join(format!("nod-postgres-{}", std::process::id()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        let folder = Self(path);
        if let Some(user) = user {
            chown(&folder.0, Some(user.user), Some(user.group))
                .with_context(|| format!("cannot hand {} on", folder.0.display()))?;
        }
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
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
