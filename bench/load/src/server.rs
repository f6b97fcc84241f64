//! `nod-authority serve` as a process of its own, and how much of its cores it and its database have used.

use std::fs::{self, File};
use std::ops::Sub;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::database::{self, Database};
use crate::machine::Machine;

/// A running authority; ended when dropped, before its database.
pub(crate) struct Server<'d> {
    child: Child,
    log: PathBuf,
    database: &'d Database,
    pub(crate) address: String,
}

/// Processor time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    /// Of all threads of the authority.
    pub(crate) authority: Duration,
    /// Of its database's processes, if it has any.
    pub(crate) database: Duration,
}

impl Sub for Used {
    type Output = Self;
    fn sub(self, before: Self) -> Self {
        Self {
            authority: self.authority.saturating_sub(before.authority),
            database: self.database.saturating_sub(before.database),
        }
    }
}

/// How long the authority may take to listen.
const START: Duration = Duration::from_secs(30);
/// Linux counts a process's time for its users in hundredths of a second (USER_HZ), whatever the kernel ticks in.
const TICK: Duration = Duration::from_millis(10);

impl<'d> Server<'d> {
    /// Starts it, with the settings that an operator has, on its own cores.
    pub(crate) fn start(
        program: &Path,
        data: &Path,
        machine: &Machine,
        database: &'d Database,
    ) -> Result<Self> {
        let log = data.with_extension("log");
        let child = machine
            .on_the_authoritys_cores(program)
            .envs(database.url().map(|url| (database::VARIABLE, url)))
            .args(["serve", "--data"])
            .arg(data)
            .env("NOD_AUTHORITY_LOG_FORMAT", "json")
            // A whole town at one address, and more of it than a site has.
            .env("NOD_AUTHORITY_LIMITS_SHARED", "127.0.0.1=1000000")
            .env("NOD_AUTHORITY_LIMITS_SITE_SESSIONS_PER_MINUTE", "1000000")
            .stdin(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start the authority (is `taskset` there?)")?;
        let mut server = Self {
            child,
            log,
            database,
            address: String::new(),
        };
        server.address = server.listening()?;
        Ok(server)
    }

    /// Where it listens, once it does.
    fn listening(&mut self) -> Result<String> {
        let began = Instant::now();
        loop {
            let log = fs::read_to_string(&self.log)?;
            let lines = log
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok());
            let address = lines
                .map(|line: serde_json::Value| line["fields"]["address"].clone())
                .find_map(|address| address.as_str().map(str::to_owned));
            if let Some(address) = address {
                return Ok(address);
            }
            let ended = self.child.try_wait()?.is_some();
            ensure!(
                !ended && began.elapsed() < START,
                "the authority did not start:\n{log}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Processor time that it and its database have used so far.
    pub(crate) fn cpu(&self) -> Result<Used> {
        let own = processor_time(&self.child.id().to_string());
        Ok(Used {
            authority: own.context("the authority has ended")?,
            database: self.database.cpu()?,
        })
    }
}

/// Processor time that all threads of a process, by number or `self`, have used so far.
pub(crate) fn processor_time(process: &str) -> Result<Duration> {
    time_in_stat(process, UTIME)
}

/// The same of those of its children that have ended.
pub(crate) fn processor_time_of_ended(process: &str) -> Result<Duration> {
    time_in_stat(process, CUTIME)
}

fn time_in_stat(process: &str, field: usize) -> Result<Duration> {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    match ticks(&stat, field) {
        Some(ticks) => Ok(TICK * ticks),
        None => bail!("{path} is not as proc(5) says"),
    }
}

/// Where `utime` and `stime`, and `cutime` and `cstime`, are behind the name in proc(5)'s `stat`.
const UTIME: usize = 11;
const CUTIME: usize = 13;

/// Two times of proc(5)'s `stat`, counted from behind the program's name, which may hold anything.
fn ticks(stat: &str, field: usize) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(field);
    let mut time = || times.next()?.parse::<u32>().ok();
    Some(time()? + time()?)
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_are_found_behind_any_name() {
        let stat = "77 (a) b) S 1 77 77 0 -1 4194560 2186 0 0 0 131 24 8 3 20 0 3 0 5 6 7";
        assert_eq!(ticks(stat, UTIME), Some(155));
        assert_eq!(ticks(stat, CUTIME), Some(11));
        assert_eq!(ticks("77 (a", UTIME), None);
    }
}
