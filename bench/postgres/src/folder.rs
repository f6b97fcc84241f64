//! Folders for one server, and the user that it runs as.

use std::env;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use nix::unistd::{User, geteuid};

/// Whom Debian's package makes for its servers.
const UNPRIVILEGED: &str = "postgres";

/// Somebody else to run as, where this program runs as root.
pub(crate) struct Unprivileged {
    user: u32,
    group: u32,
}

impl Unprivileged {
    pub(crate) fn needed() -> Result<Option<Self>> {
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

/// A folder of this user or the other alone; removed when dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// A new one in this folder.
    pub(crate) fn new(within: &Path, user: Option<&Unprivileged>) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = within.join(format!("nod-postgres-{}-{number}", std::process::id()));
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

    /// Where the socket goes: its path may have 107 bytes, so it must be short.
    pub(crate) fn for_a_socket(user: Option<&Unprivileged>) -> Result<Self> {
        Self::new(&env::temp_dir(), user)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The command as the user that PostgreSQL accepts, in a folder where that user can be: the checkout may be none.
pub(crate) fn as_user<'c>(
    command: &'c mut Command,
    user: Option<&Unprivileged>,
    folder: &Folder,
) -> &'c mut Command {
    if let Some(user) = user {
        command.uid(user.user).gid(user.group);
    }
    command.current_dir(&folder.0)
}
