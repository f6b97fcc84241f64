//! schemathesis against a running authority: what `/.well-known/openapi.json` says holds of every operation, for requests
//! that fit the document and for those that do not.
//!
//! Every status, media type, header and body of a reply is one that the document has for the operation; nothing is answered
//! with 5xx; what does not fit is refused; a method that is not there is refused with `Allow`. Requests are the same in every
//! run (tests/interface/schemathesis.toml).

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Report, count::Counts, program};
use crate::services::{self, Service};
use crate::setup::python;
use crate::{paths, toolchain};

/// The site that the document's examples are about.
const SITE: [&str; 10] = [
    "site",
    "add",
    "--sitekey=pk_court",
    "--name=City court",
    "--origin=https://court.example.gov",
    "--alternative=https://court.example.gov/counter",
    "--action=efile-submit=File a claim in your name",
    "--level=light",
    "--still",
    "--json",
];
/// Bearer token of the metrics.
const METRICS_TOKEN: &str = "a-token-for-the-metrics";

/// Runs it twice: once with everything, and once with `/v1/sessions` as a site's back end asks.
pub(super) fn run(report: &mut Report) {
    report.tests("interface", || {
        let schemathesis = python::schemathesis()?;
        let authority = Running::start()?;
        let mut counts = authority.check(&schemathesis, "interface", &[])?;
        let secret = format!("Authorization: Bearer {}", authority.secret);
        let back_end = ["--include-path", "/v1/sessions", "--header", &secret];
        counts += authority.check(&schemathesis, "interface of back ends", &back_end)?;
        Ok(counts)
    });
}

/// An authority in development, with a site and an import key.
struct Running {
    url: String,
    secret: String,
    import_key: String,
    // Ended before its folder is used again.
    _service: Service,
}

impl Running {
    fn start() -> Result<Self> {
        let folder = paths::target().join("xtask/interface");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let (data, dist) = (folder.join("data"), folder.join("dist"));
        fs::create_dir_all(&dist)?;
        write_dist(&dist)?;
        services::init(&data, &dist)?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(services::authority());
            command.arg("--data").arg(&data).args(arguments);
            command
        };
        let secret = field(&toolchain::output(&mut command(&SITE))?, "secret")?;
        let mut new = command(&["import-key", "new", "--issuer", "register", "--json"]);
        let import_key = field(&toolchain::output(&mut new)?, "key")?;

        let port = free_port()?;
        let mut serve = command(&["serve"]);
        serve
            .env("NOD_AUTHORITY_LISTEN", format!("127.0.0.1:{port}"))
            .env("NOD_AUTHORITY_METRICS_TOKEN", METRICS_TOKEN);
        let mut service = Service::start("interface-authority", &mut serve)?;
        service.wait_ready(port, "/readyz")?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            secret,
            import_key,
            _service: service,
        })
    }

    fn check(&self, schemathesis: &Path, name: &str, more: &[&str]) -> Result<Counts> {
        let report = paths::target().join("xtask/interface/junit.xml");
        let mut command = Command::new(schemathesis);
        command
            .current_dir(paths::root().join("tests/interface"))
            .args(["--config-file", "schemathesis.toml", "run"])
            .arg(format!("{}/.well-known/openapi.json", self.url))
            .args(["--url", &self.url, "--report-junit-path"])
            .arg(&report)
            .args(more)
            .env("NOD_SITE_SECRET", &self.secret)
            .env("NOD_IMPORT_KEY", &self.import_key)
            .env("NOD_METRICS_TOKEN", METRICS_TOKEN);
        program(name, &mut command, |_| {
            let text = fs::read_to_string(&report).unwrap_or_default();
            Counts::of_junit(&text)
        })
    }
}

/// As much of a built widget as an authority needs to start.
fn write_dist(dist: &Path) -> Result<()> {
    let build = dist.join("v1/0123456789abcdef/strings");
    fs::create_dir_all(&build)?;
    fs::create_dir_all(dist.join("models"))?;
    let manifest = r#"{"version":1,"sets":[{"id":"open-1","production":true,"embedding":{"size":256},
        "normalisation":{"top":100,"centre":false,"floor":0.25},
        "thresholds":{"light":{"cosine":0.571,"normalised":4.0},"full":{"cosine":0.571,"normalised":4.0}}}]}"#;
    for (file, text) in [
        ("models/manifest.json", manifest),
        ("build.json", r#"{"hash":"0123456789abcdef"}"#),
        (
            "frame.html",
            r#"<!doctype html><html data-site="" data-alternative="">"#,
        ),
        ("enrol.html", "<!doctype html>"),
        ("handoff.html", "<!doctype html>"),
        ("me.html", "<!doctype html>"),
        ("v1/0123456789abcdef/nod.js", "export {}"),
        ("v1/0123456789abcdef/strings/en.ftl", "app-title = Title"),
    ] {
        let path = dist.join(file);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// A text in a line of JSON that a command has printed.
fn field(line: &str, name: &str) -> Result<String> {
    let value: serde_json::Value = serde_json::from_str(line)?;
    let text = value.get(name).and_then(serde_json::Value::as_str);
    text.map(str::to_owned)
        .with_context(|| format!("no {name} in what the command printed"))
}

/// Taken by nobody a moment ago.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    ensure!(port != 0, "the system gives no port");
    Ok(port)
}
