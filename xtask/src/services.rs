//! The two processes of the demo: the authority, and the relying parties. Built, started, watched, ended.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::paths;
use crate::step;
use crate::toolchain::cargo;

/// How long a process may take until it answers.
const START: Duration = Duration::from_secs(30);
/// How long a process may take to end once it is told to; the authority lets requests under way finish.
const STOP: Duration = Duration::from_secs(15);

/// Builds both programs, and the relay that may stand between residents and the authority.
///
/// # Errors
/// When the compilation fails.
pub(crate) fn build() -> Result<()> {
    step::run(
        "authority, demo and relay: compile",
        cargo().args([
            "build",
            "--package",
            "nod-authority",
            "--package",
            "nod-demo",
            "--package",
            "nod-relay",
            "--bins",
        ]),
    )
}

/// The authority's program.
pub(crate) fn authority() -> PathBuf {
    paths::target().join("debug/nod-authority")
}

/// The relying parties' program.
pub(crate) fn demo() -> PathBuf {
    paths::target().join("debug/nod-demo")
}

/// Fails if a program listens on one of the ports already.
///
/// # Errors
/// Names the port, and what to do.
pub(crate) fn ports_are_free(ports: &[u16]) -> Result<()> {
    for port in ports {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, *port)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
                "port {port} is taken by another program (an earlier demo?): end it and try again; \
                 `ss -ltnp 'sport = :{port}'` (macOS: `lsof -i :{port}`) shows which it is"
            ),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot listen on port {port}"));
            }
        }
    }
    Ok(())
}

/// A process under watch. It is ended when this is dropped.
pub(crate) struct Service {
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// Bytes of the log that [`Service::news`] has read.
    read: usize,
}

impl Service {
    /// Starts `command` with its output in a log file.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let folder = paths::target().join("xtask");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            // A process group of its own: Ctrl-C on the terminal reaches this program alone, which then
            // ends its services in order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self {
            name,
            child,
            log,
            read: 0,
        })
    }

    /// Waits until `GET path` on `port` answers 200.
    ///
    /// # Errors
    /// When the process ends first or does not answer in time; the message carries the end of its log.
    pub(crate) fn wait_ready(&mut self, port: u16, path: &str) -> Result<()> {
        let began = Instant::now();
        while !answers(port, path) {
            if let Some(status) = self.ended()? {
                bail!(
                    "{} ended at its start ({status}); its output:\n{}",
                    self.name,
                    step::tail(&self.log)
                );
            }
            if began.elapsed() > START {
                bail!(
                    "{} does not answer on port {port}; its output:\n{}",
                    self.name,
                    step::tail(&self.log)
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// How the process ended, if it did.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("cannot watch {}", self.name))
    }

    /// Its name and its log, for messages.
    pub(crate) fn describe(&self) -> String {
        format!("{} (log: {})", self.name, self.log.display())
    }

    /// Whole lines that have come to the log since the last time.
    pub(crate) fn news(&mut self) -> Vec<String> {
        let log = fs::read(&self.log).unwrap_or_default();
        let new = log.get(self.read..).unwrap_or_default();
        let whole = new
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        self.read += whole;
        let text = String::from_utf8_lossy(new.get(..whole).unwrap_or_default());
        text.lines().map(str::to_owned).collect()
    }

    /// Asks the process to end, and insists when it does not.
    pub(crate) fn stop(&mut self) {
        let running = |child: &mut Child| matches!(child.try_wait(), Ok(None));
        if running(&mut self.child)
            && let Ok(id) = i32::try_from(self.child.id())
        {
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
        let began = Instant::now();
        while running(&mut self.child) {
            if began.elapsed() > STOP {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether a plain HTTP request on loopback is answered with 200.
fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
        )?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// Creates an authority's data folder, with its keys.
///
/// # Errors
/// When `nod-authority init` fails.
pub(crate) fn init(data: &Path, dist: &Path) -> Result<()> {
    step::run(
        "authority: init",
        Command::new(authority())
            .args(["init", "--development", "--data"])
            .arg(data)
            .arg("--dist")
            .arg(dist),
    )
}

/// The file with the root key that the build pins.
pub(crate) fn root_key(data: &Path) -> PathBuf {
    data.join("root.pub")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(
            ports_are_free(&[port])
                .unwrap_err()
                .to_string()
                .contains(&port.to_string())
        );
        drop(taken);
        ports_are_free(&[port]).unwrap();
    }

    #[test]
    fn a_service_that_ends_at_once_says_why() {
        let mut service = Service::start(
            "short",
            Command::new("sh").args(["-c", "echo no licence; exit 7"]),
        )
        .unwrap();
        let error = service.wait_ready(1, "/").unwrap_err().to_string();
        assert!(error.contains("no licence"), "{error}");
    }

    #[test]
    fn stop_ends_a_service_by_asking() {
        let script = "trap 'exit 0' TERM; while :; do sleep 0.05; done";
        let mut service = Service::start("loop", Command::new("sh").args(["-c", script])).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        assert!(service.ended().unwrap().is_none());
        service.stop();
        assert!(service.ended().unwrap().unwrap().success());
    }
}
