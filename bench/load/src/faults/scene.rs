//! The authority's processes on one database, started again whenever they are killed.

use std::fs::{File, OpenOptions};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nod_authority::keys::root_public_key;
use nod_protocol::key_config::RootPublicKey;

use super::Options;
use crate::database::{self, Database, Kind};
use crate::town::{KINDS, Program, Site};

/// A relying party, processes, and who waits for them.
pub(crate) struct Scene {
    pub(crate) data: PathBuf,
    pub(crate) dist: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) site: Site,
    pub(crate) root: RootPublicKey,
    pub(crate) database: Mutex<Database>,
    pub(crate) url: Option<String>,
    processes: Vec<Mutex<Process>>,
    pub(crate) addresses: Vec<String>,
    /// Requests that wait for an answer at this moment.
    pub(crate) waiting: AtomicUsize,
    finished: AtomicUsize,
    is_over: AtomicBool,
}

struct Process {
    child: Child,
    log: PathBuf,
}

/// On PostgreSQL; SQLite is one process's.
const PROCESSES: usize = 2;
/// How long a process may take until it listens, on a busy machine.
const START: Duration = Duration::from_secs(60);

impl Scene {
    pub(crate) fn set(kind: Kind, options: &Options, dir: &Path) -> Result<Self> {
        let database = Database::start_on(kind, dir, None)?;
        let (data, dist) = (dir.join("data"), options.dir.join("dist"));
        let program = Program {
            program: &options.authority,
            data: &data,
            database: &database,
        };
        let named = dist.to_str().context("a folder whose name is no text")?;
        program.run(&["init", "--listen", "127.0.0.1:0", "--dist", named])?;
        let site = Site::register(&program, KINDS[0])?;
        let count = match kind {
            Kind::Sqlite => 1,
            Kind::Postgres => PROCESSES,
        };
        // All ports at once, so that they differ.
        let free = (0..count).map(|_| TcpListener::bind("127.0.0.1:0"));
        let free: Vec<TcpListener> = free.collect::<Result<_, _>>()?;
        let addresses = free.iter().map(|port| Ok(port.local_addr()?.to_string()));
        let addresses: Vec<String> = addresses.collect::<Result<_>>()?;
        drop(free);
        let url = database.url();
        let mut processes = Vec::new();
        for (number, address) in addresses.iter().enumerate() {
            let log = dir.join(format!("authority-{number}.log"));
            File::create(&log)?;
            let child = spawn(&options.authority, &data, url.as_deref(), address, &log)?;
            processes.push(Mutex::new(Process { child, log }));
        }
        let scene = Self {
            root: root_public_key(&data)?,
            data,
            dist,
            program: options.authority.clone(),
            site,
            database: Mutex::new(database),
            url,
            processes,
            addresses,
            waiting: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        };
        for number in 0..scene.addresses.len() {
            scene.wait_listening(number)?;
        }
        Ok(scene)
    }

    /// SIGKILL, and at once a new process in its place; returns how long that took to listen.
    pub(crate) fn kill(&self, number: usize) -> Result<Duration> {
        let began = Instant::now();
        {
            let mut process = lock(&self.processes[number]);
            process.child.kill()?;
            process.child.wait()?;
            let address = &self.addresses[number];
            let url = self.url.as_deref();
            process.child = spawn(&self.program, &self.data, url, address, &process.log)?;
        }
        self.wait_listening(number)?;
        Ok(began.elapsed())
    }

    /// SIGKILL of all the database's processes, and a new server at once; returns how long that took to answer.
    pub(crate) fn kill_database(&self) -> Result<Duration> {
        let began = Instant::now();
        let mut database = lock(&self.database);
        if let Some(server) = database.server() {
            server.kill()?;
            server.start_again()?;
        }
        Ok(began.elapsed())
    }

    /// One of so many people is done. The last few are left in peace: every kill would be theirs, and nobody would come to an
    /// end.
    pub(crate) fn is_done(&self, people: usize) {
        let finished = self.finished.fetch_add(1, Ordering::SeqCst) + 1;
        if finished >= people - people / 50 {
            self.end();
        }
    }

    /// No more kills.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// A process that ends by itself while its database is away is started again, as a supervisor does.
    fn wait_listening(&self, number: usize) -> Result<()> {
        let began = Instant::now();
        let address = &self.addresses[number];
        while TcpStream::connect(address).is_err() {
            let mut process = lock(&self.processes[number]);
            if process.child.try_wait()?.is_some() {
                let url = self.url.as_deref();
                process.child = spawn(&self.program, &self.data, url, address, &process.log)?;
            }
            let log = process.log.clone();
            drop(process);
            ensure!(
                began.elapsed() < START,
                "the authority does not start; see {}",
                log.display()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

fn spawn(
    program: &Path,
    data: &Path,
    url: Option<&str>,
    address: &str,
    log: &Path,
) -> Result<Child> {
    Command::new(program)
        .args(["serve", "--data"])
        .arg(data)
        .envs(url.map(|url| (database::VARIABLE, url)))
        .env("NOD_AUTHORITY_LISTEN", address)
        // Everybody at one address, and more of them than a site has.
        .env("NOD_AUTHORITY_LIMITS_SHARED", "127.0.0.1=1000000")
        .env("NOD_AUTHORITY_LIMITS_SITE_SESSIONS_PER_MINUTE", "1000000")
        .stdin(Stdio::null())
        .stderr(OpenOptions::new().append(true).open(log)?)
        .spawn()
        .context("cannot start the authority")
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Scene {
    fn drop(&mut self) {
        for process in &self.processes {
            let mut process = lock(process);
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }
}
