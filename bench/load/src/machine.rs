//! The machine that is measured on: its name, its cores, and who has which.

use std::fs;
use std::path::Path;
use std::process::{self, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// This machine and how its cores are divided.
pub(crate) struct Machine {
    /// All cores.
    pub(crate) cores: usize,
    /// The authority's: the first so many.
    pub(crate) authority: usize,
}

impl Machine {
    /// This one. The authority has half of the cores if nothing else is said.
    pub(crate) fn this(authority: Option<usize>) -> Result<Self> {
        let cores = std::thread::available_parallelism()?.get();
        let authority = authority.unwrap_or((cores / 2).max(1));
        ensure!(
            (1..=cores).contains(&authority),
            "there are {cores} cores, so the authority cannot have {authority}"
        );
        Ok(Self { cores, authority })
    }

    /// The authority's, as `taskset --cpu-list` has them.
    pub(crate) fn authoritys_cores(&self) -> String {
        format!("0-{}", self.authority - 1)
    }

    /// A command that runs on the authority's cores alone.
    pub(crate) fn on_the_authoritys_cores(&self, program: &Path) -> Command {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", &self.authoritys_cores()]);
        command.arg(program);
        command
    }

    /// Moves this process to the others, if there are any.
    pub(crate) fn keep_off_the_authoritys_cores(&self) -> Result<()> {
        if self.authority == self.cores {
            return Ok(());
        }
        let others = format!("{}-{}", self.authority, self.cores - 1);
        let mut command = Command::new("taskset");
        command.args(["--all-tasks", "--cpu-list", "--pid", &others]);
        command.arg(process::id().to_string()).stdout(Stdio::null());
        let status = command.status().context("no `taskset` (util-linux)")?;
        ensure!(status.success(), "cannot choose the cores of this process");
        Ok(())
    }

    /// Model of the processor.
    pub(crate) fn model(&self) -> String {
        let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let name = line.map(|line| line.trim_start_matches([' ', '\t', ':']));
        name.unwrap_or("unknown processor").to_owned()
    }

    /// How many programs wanted a core in the last minute.
    pub(crate) fn load(&self) -> Result<String> {
        let text = fs::read_to_string("/proc/loadavg").context("no /proc: this needs Linux")?;
        Ok(text.split(' ').next().unwrap_or_default().to_owned())
    }
}

/// Today, as year-month-day (UTC).
pub(crate) fn today() -> Result<String> {
    let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output()?;
    Ok(String::from_utf8_lossy(&date.stdout).trim().to_owned())
}
