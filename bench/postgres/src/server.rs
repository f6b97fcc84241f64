//! The server: started, stopped, killed and started again.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::folder::{Folder, Unprivileged, as_user};
use crate::programs;

/// How a server is run.
#[derive(Default)]
pub struct Options {
    /// The folder with the programs; the one that [`find`](crate::find) finds if not named.
    pub programs: Option<PathBuf>,
    /// Where a new folder is made for its data; the system's folder for temporary files if not named. The user that the
    /// server runs as must get there.
    pub within: Option<PathBuf>,
    /// The file for its log; nowhere if not named.
    pub log: Option<PathBuf>,
    /// Whether what is committed survives a crash. Not needed where nothing is killed, and slower.
    pub is_durable: bool,
    /// Further settings, as `name=value`.
    pub settings: Vec<String>,
    /// The processors that it runs on, as `taskset --cpu-list` has them; all if not named.
    pub processors: Option<String>,
}

/// A running server with an empty database. It is ended when this is dropped, and its folders removed.
pub struct Server {
    child: Child,
    options: Options,
    programs: PathBuf,
    user: Option<Unprivileged>,
    data: Folder,
    socket: Folder,
}

/// How long it may take until it answers, and until it has ended.
const PATIENCE: Duration = Duration::from_secs(60);

impl Server {
    /// Makes a cluster and starts a server on it.
    ///
    /// # Errors
    /// When the programs are missing, or end at their start; the message carries what they say.
    pub fn start(options: Options) -> Result<Self> {
        let programs = options.programs.clone().or_else(programs::find);
        let programs = programs.context("no PostgreSQL: initdb and postgres are nowhere")?;
        let user = Unprivileged::needed()?;
        let within = options.within.clone().unwrap_or_else(env::temp_dir);
        let data = Folder::new(&within, user.as_ref())?;
        let socket = Folder::for_a_socket(user.as_ref())?;
        let mut initdb = Command::new(programs.join("initdb"));
        initdb
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "--pgdata"])
            .arg(data.0.join("data"));
        let made = as_user(&mut initdb, user.as_ref(), &data).output();
        let made = made.context("cannot start initdb")?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr).trim());
        }
        if let Some(log) = &options.log {
            File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        }
        let child = spawn(&options, &programs, user.as_ref(), &data, &socket)?;
        let mut server = Self {
            child,
            options,
            programs,
            user,
            data,
            socket,
        };
        server.wait_ready()?;
        Ok(server)
    }

    /// The address of a database on it, for a user that may do everything.
    #[must_use]
    pub fn url(&self) -> String {
        let socket = self.socket.0.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}/postgres")
    }

    /// The folder of its data, where its user may write.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.data.0
    }

    /// Its processes: the first, and those that it has started for connections and for itself.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        let first = self.child.id();
        let path = format!("/proc/{first}/task/{first}/children");
        let children = fs::read_to_string(path).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        std::iter::once(first).chain(children).collect()
    }

    /// Stops every process of it where it stands: the server answers nothing, and no connection ends.
    pub fn pause(&self) {
        self.tell_all(Signal::SIGSTOP);
    }

    /// Lets them go on.
    pub fn resume(&self) {
        self.tell_all(Signal::SIGCONT);
    }

    /// SIGKILL to all its processes at once, as when the machine loses its power (but for what the system has not written to
    /// the disk yet).
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(&mut self) -> Result<()> {
        self.tell_all(Signal::SIGKILL);
        self.child.wait()?;
        Ok(())
    }

    /// Ends it, without waiting for clients (SIGINT).
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn stop(&mut self) -> Result<()> {
        self.tell(self.child.id(), Signal::SIGINT);
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > PATIENCE {
                self.child.kill()?;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        Ok(())
    }

    /// Starts it again after it has ended; returns when it answers.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn start_again(&mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            let user = self.user.as_ref();
            self.child = spawn(
                &self.options,
                &self.programs,
                user,
                &self.data,
                &self.socket,
            )?;
            match self.wait_ready() {
                Ok(()) => return Ok(()),
                // Processes of the one before may still hold its shared memory for a moment.
                Err(error) if began.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    fn tell_all(&self, signal: Signal) {
        for process in self.processes() {
            self.tell(process, signal);
        }
    }

    /// A process that has ended meanwhile needs no signal.
    fn tell(&self, process: u32, signal: Signal) {
        if let Ok(id) = i32::try_from(process) {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }

    fn wait_ready(&mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            let mut asks = Command::new(self.programs.join("pg_isready"));
            asks.arg("--quiet").arg("--host").arg(&self.socket.0);
            if asks.status().context("cannot start pg_isready")?.success() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "postgres ended at its start ({status}); its output:\n{}",
                    self.said()
                );
            }
            if began.elapsed() > PATIENCE {
                bail!("postgres does not answer; its output:\n{}", self.said());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The end of its log.
    fn said(&self) -> String {
        let log = self.options.log.as_ref();
        let text = log.and_then(|log| fs::read_to_string(log).ok());
        let text = text.unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(20);
        lines[from..].join("\n")
    }
}

fn spawn(
    options: &Options,
    programs: &Path,
    user: Option<&Unprivileged>,
    data: &Folder,
    socket: &Folder,
) -> Result<Child> {
    let program = programs.join("postgres");
    let mut postgres = match &options.processors {
        None => Command::new(program),
        Some(list) => {
            let mut pinned = Command::new("taskset");
            pinned.args(["--cpu-list", list]).arg(program);
            pinned
        }
    };
    postgres
        .arg("-D")
        .arg(data.0.join("data"))
        .arg("-k")
        .arg(&socket.0)
        .args(["-c", "listen_addresses="]);
    if !options.is_durable {
        postgres.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    }
    for setting in &options.settings {
        postgres.args(["-c", setting]);
    }
    postgres.stdin(Stdio::null());
    match &options.log {
        None => postgres.stdout(Stdio::null()).stderr(Stdio::null()),
        Some(log) => {
            let out = OpenOptions::new().append(true).open(log)?;
            postgres.stdout(out.try_clone()?).stderr(out)
        }
    };
    as_user(&mut postgres, user, data)
        .spawn()
        .context("cannot start postgres")
}

impl Drop for Server {
    fn drop(&mut self) {
        self.resume();
        let _ = self.stop();
    }
}
