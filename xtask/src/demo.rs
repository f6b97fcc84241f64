//! `cargo xtask demo`: everything from nothing to three pages in a browser, and back on Ctrl-C.
//!
//! State lies in `data/` of the checkout: the authority's keys and database, and the sites' secrets. It is
//! made once; removing the folder starts over.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::services::{self, Service};
use crate::step::{Job, say, side_by_side, step};
use crate::{bundle, models, paths, setup, wasm};

/// The authority's port, and that of its operators' terminals.
const AUTHORITY: u16 = 8080;
const TERMINAL: u16 = 8090;
/// The page that leads to everything.
const START: u16 = 8088;

/// A relying party of the demo, as it is registered.
struct Site {
    name: &'static str,
    /// Its host is `<host>.localhost`; a site may be registered twice.
    host: &'static str,
    /// Where it begins.
    path: &'static str,
    /// Whether many residents use its screen one after another.
    kiosk: bool,
    title: &'static str,
    port: u16,
    level: &'static str,
    /// Each action's name, and what the resident reads about it.
    actions: &'static [&'static str],
    /// What it may ask beyond identity.
    ask: &'static [&'static str],
    /// The way without a face, on the site itself.
    alternative: &'static str,
}

const SITES: [Site; 5] = [
    Site {
        name: "court",
        host: "court",
        path: "/",
        kiosk: false,
        title: "City court",
        port: 8081,
        level: "full",
        actions: &[
            "efile-submit=File a claim in your name",
            "efile-pay=Pay a court fee",
            "efile-mandate=Let an attorney act for you in court",
        ],
        ask: &[],
        alternative: "/counter",
    },
    Site {
        name: "benefits",
        host: "benefits",
        path: "/",
        kiosk: false,
        title: "Benefits office",
        port: 8082,
        level: "full",
        actions: &[
            "benefits-status=Yearly confirmation for your pension",
            "coverage=See what you are insured for",
        ],
        ask: &[
            "benefit_active:pension",
            "benefit_active:medical",
            "benefit_active:unemployment",
            "benefit_active:maternity",
            "benefit_active:work_injury",
            "benefit_active:housing_fund",
        ],
        alternative: "/counter",
    },
    Site {
        name: "hotel",
        host: "hotel",
        path: "/",
        kiosk: false,
        title: "Hotel Aurora",
        port: 8083,
        level: "light",
        actions: &["check-in=Check in to your room"],
        ask: &[],
        alternative: "/desk",
    },
    Site {
        name: "hotel_desk",
        host: "hotel",
        path: "/kiosk",
        kiosk: true,
        title: "Hotel Aurora",
        port: 8083,
        level: "light",
        actions: &["check-in=Check in to your room"],
        ask: &[],
        alternative: "/desk",
    },
    Site {
        name: "cafe",
        host: "cafe",
        path: "/",
        kiosk: true,
        title: "Café Lumen",
        port: 8084,
        level: "light",
        actions: &["log-on=Go online at this seat"],
        ask: &[],
        alternative: "/desk",
    },
];

/// The residents who may enrol: the holders of the demo sites' accounts, and one who has no passcode.
const RESIDENTS: [(&str, &str, &str); 4] = [
    ("Alex Moreno", "1985-0412-0017", "full"),
    ("Bo Lindqvist", "1990-1103-0029", "full"),
    ("Charlie Weiss", "1978-0721-0036", "full"),
    ("Dana Okafor", "1999-0315-0048", "light"),
];

/// Builds, starts and watches the demo until it is told to stop.
///
/// # Errors
/// When a step fails, a port is taken, or one of the processes ends by itself.
pub(crate) fn run() -> Result<()> {
    let mut ports: Vec<u16> = [AUTHORITY, TERMINAL, START]
        .into_iter()
        .chain(SITES.iter().map(|site| site.port))
        .collect();
    ports.dedup();
    services::ports_are_free(&ports)?;
    let data = make()?;
    let stop = stop_signal()?;

    let mut authority = Service::start(
        "authority",
        Command::new(services::authority())
            .arg("serve")
            .arg("--data")
            .arg(&data)
            .env(
                "NOD_AUTHORITY_TERMINAL_LISTEN",
                format!("127.0.0.1:{TERMINAL}"),
            )
            .env(
                "NOD_AUTHORITY_TERMINAL_ORIGIN",
                format!("http://terminal.localhost:{TERMINAL}"),
            ),
    )?;
    authority.wait_ready(AUTHORITY, "/readyz")?;
    let mut sites = Service::start("sites", demo(&data).current_dir(paths::root()))?;
    for site in &SITES {
        sites.wait_ready(site.port, "/healthz")?;
    }
    sites.wait_ready(START, "/healthz")?;
    say(&welcome(&data)?);

    let ended = watch(&stop, &mut [&mut authority, &mut sites]);
    step("stopping", || {
        sites.stop();
        authority.stop();
        Ok(())
    })?;
    ended
}

/// Everything that must be there before the processes start; returns the authority's data folder.
fn make() -> Result<PathBuf> {
    setup::node::check()?;
    let toolchain = setup::wasm_target()?;
    // Two columns of compilation, one for each of two cores, and one of downloads.
    let jobs: Vec<Job<'_>> = vec![
        Box::new(|| wasm::CAPTURE.compile(&toolchain)),
        Box::new(|| {
            setup::cargo_tools()?;
            services::build()?;
            models::compile_planner()
        }),
        Box::new(|| {
            setup::npm::build()?;
            models::prepare().map(drop)
        }),
    ];
    side_by_side(jobs)?;
    wasm::CAPTURE.package(&toolchain)?;

    let dist = paths::root().join("dist");
    let data = found(&dist)?;
    models::lay_out(&dist.join("models"))?;
    bundle::assemble(&dist, &services::root_key(&data))?;
    Ok(data)
}

/// The authority's data folder, with keys and the registered sites; made on the first run.
fn found(dist: &Path) -> Result<PathBuf> {
    let folder = paths::root().join("data");
    let data = folder.join("demo");
    // Written last: without it an earlier run was cut short, before anybody could enrol.
    if secrets(&data).is_file() {
        register_missing(&data)?;
        return Ok(data);
    }
    if data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    services::init(&data, dist)?;
    register_missing(&data)?;
    Ok(data)
}

/// Registers the sites that are not yet, and keeps their secrets: the demo may have more of them than when the folder was made.
fn register_missing(data: &Path) -> Result<()> {
    let file = secrets(data);
    let known = fs::read_to_string(&file).unwrap_or_default();
    let is_missing = |site: &&Site| {
        let mut names = known.lines().filter_map(|line| line.split('=').next());
        !names.any(|name| name == site.name)
    };
    let missing: Vec<&Site> = SITES.iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    step("register the sites", || {
        let mut lines = known.clone();
        for site in &missing {
            lines += &format!("{}={}\n", site.name, register(data, site)?);
        }
        write_secret(&file, &lines)
    })
}

/// Whole or not at all, and for nobody else to read.
fn write_secret(file: &Path, text: &str) -> Result<()> {
    let cannot_write = || format!("cannot write {}", file.display());
    let draft = file.with_extension("draft");
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut out| out.write_all(text.as_bytes()))
        .with_context(cannot_write)?;
    fs::rename(&draft, file).with_context(cannot_write)
}

/// The file with the sites' secrets, which their back ends read.
fn secrets(data: &Path) -> PathBuf {
    data.join("sites.secrets")
}

/// Registers a site; returns its secret.
fn register(data: &Path, site: &Site) -> Result<String> {
    #[derive(Deserialize)]
    struct Added {
        secret: String,
    }
    let origin = format!("http://{}.localhost:{}", site.host, site.port);
    let mut command = Command::new(services::authority());
    command
        .args(["site", "add", "--json", "--still", "--data"])
        .arg(data)
        .args(["--sitekey", &format!("pk_{}", site.name)])
        .args(["--name", site.title, "--origin", &origin])
        .args(["--alternative", &format!("{origin}{}", site.alternative)])
        .args(["--level", site.level])
        .args(site.kiosk.then_some("--kiosk"));
    for action in site.actions {
        command.args(["--action", action]);
    }
    for question in site.ask {
        command.args(["--ask", question]);
    }
    let added: Added = ask(&mut command, "")?;
    Ok(added.secret)
}

/// A link with which one resident may enrol, once, for a quarter of an hour.
fn ticket(data: &Path, id: &str, level: &str) -> Result<String> {
    #[derive(Deserialize)]
    struct Made {
        link: String,
    }
    let mut command = Command::new(services::authority());
    command
        .args([
            "ticket", "new", "--json", "--level", level, "--id", "-", "--data",
        ])
        .arg(data);
    let made: Made = ask(&mut command, &format!("{id}\n"))?;
    Ok(made.link)
}

/// The secret of the terminal's operator, made on the first run and kept beside the database.
fn operator(data: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct Added {
        secret: String,
    }
    let file = data.join("operator.secret");
    if let Ok(secret) = fs::read_to_string(&file) {
        return Ok(secret.trim().to_owned());
    }
    let mut command = Command::new(services::authority());
    command
        .args([
            "operator",
            "add",
            "--json",
            "--name",
            "Town hall, window 3",
            "--data",
        ])
        .arg(data);
    let added: Added = ask(&mut command, "")?;
    write_secret(&file, &added.secret)?;
    Ok(added.secret)
}

/// Runs a command of the authority that prints one line of JSON. Its output may be secret: it is in no log.
fn ask<T: for<'a> Deserialize<'a>>(command: &mut Command, input: &str) -> Result<T> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start nod-authority")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let out = child.wait_with_output()?;
    if !out.status.success() {
        bail!("{}", String::from_utf8_lossy(&out.stderr).trim());
    }
    serde_json::from_slice(&out.stdout).context("nod-authority printed something unexpected")
}

fn demo(data: &Path) -> Command {
    let mut command = Command::new(services::demo());
    command.arg("--secrets").arg(secrets(data));
    command
}

/// What to do now, with fresh tickets.
fn welcome(data: &Path) -> Result<String> {
    let mut text = format!(
        "\nNod is running. Everything there is to try, in a browser on this machine: http://start.localhost:{START}\n\n"
    );
    text += "1. Enrol (a camera and about a minute; each link is good for 15 minutes and one enrolment):\n";
    for (name, id, level) in RESIDENTS {
        let link = ticket(data, id, level)?;
        text += &format!("     {name}, ID {id}, level {level}\n       {link}\n");
    }
    text += &format!(
        "   or at the terminal: http://terminal.localhost:{TERMINAL}, operator's secret {}\n",
        operator(data)?
    );
    text += "\n2. Answer a site with your face:\n";
    for site in &SITES {
        text += &format!(
            "     {:<16} http://{}.localhost:{}{}\n",
            site.title, site.host, site.port, site.path
        );
    }
    text += "\nThe residents and sites are made up and lie in data/; remove that folder to start over.\n";
    text += "Ctrl-C stops everything.";
    Ok(text)
}

/// A channel that hears of Ctrl-C and of SIGTERM.
fn stop_signal() -> Result<mpsc::Receiver<()>> {
    let (sender, receiver) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = sender.send(());
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(receiver)
}

/// Returns when told to stop, or with an error when a process ended by itself.
fn watch(stop: &mpsc::Receiver<()>, services: &mut [&mut Service]) -> Result<()> {
    loop {
        if stop.recv_timeout(Duration::from_millis(200)).is_ok() {
            return Ok(());
        }
        for service in services.iter_mut() {
            // What a phone would show.
            for line in service.news() {
                if line.starts_with("message to a phone: ") {
                    say(&line);
                }
            }
            if let Some(status) = service.ended()? {
                bail!("the {} ended by itself ({status})", service.describe());
            }
        }
    }
}
