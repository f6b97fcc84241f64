//! `nod-authority init`.

use std::{fs, net::SocketAddr, os::unix::fs::DirBuilderExt, path::Path, path::PathBuf, sync::Arc};

use anyhow::{Context, ensure};
use clap::Args;
use nod_protocol::ids::Origin;

use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    keys::{self, KeyRing, root_public_key},
    state::open_store,
};

/// What `init` may be told; everything can be changed in config.toml later.
#[derive(Args)]
pub(super) struct Init {
    /// Public origin of the authority, as browsers see it.
    #[arg(long, value_parser = |text: &str| Origin::parse(text).map_err(|e| e.to_string()))]
    issuer: Option<Origin>,
    /// Address and port to listen on.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Directory of the built widget.
    #[arg(long)]
    dist: Option<PathBuf>,
    /// A development machine (allows the fallback model set, and answers test keys).
    #[arg(long)]
    development: bool,
}

pub(super) async fn run(data: &Path, arguments: Init) -> anyhow::Result<()> {
    let text = config_text(&arguments);
    ensure!(
        super::given_keys()?.is_empty(),
        "init makes new keys as files: unset NOD_AUTHORITY_KEY_… and move them into variables afterwards \
         (docs/keys.md)"
    );
    // Settings that `serve` would refuse are refused before anything is made.
    let config = Config::parse(&text, "the new settings", super::environment())?;
    fs::DirBuilder::new()
        .recursive(false)
        .mode(0o700)
        .create(data)
        .with_context(|| {
            format!(
                "cannot make {} (init never changes an existing directory; its parent must exist)",
                data.display()
            )
        })?;
    fs::write(data.join("config.toml"), text)
        .with_context(|| format!("cannot write {}", data.join("config.toml").display()))?;
    let now = SystemClock.now();
    KeyRing::create(data, now)?;
    let vault = Arc::new(keys::vault(data, now)?);
    open_store(&config, data, vault, true).await?.close().await;
    let database = match config.database {
        Some(_) => "keys; the database is the one that NOD_AUTHORITY_DATABASE_URL names",
        None => "keys and an empty database",
    };
    let root = root_public_key(data)?.to_base64url();
    super::print(
        false,
        &(),
        &format!(
            "Made {data} with settings, {database}.\n\
             Root key to pin in the widget's build ({data}/root.pub):\n  {root}\n\
             Back {data}/keys up where nobody else can read it, and move keys/root.key away from \
             this machine: serving does not need it.",
            data = data.display()
        ),
    )
}

/// A commented file with every setting, those at their defaults commented out.
fn config_text(arguments: &Init) -> String {
    let default = Config::default();
    let issuer = arguments.issuer.as_ref().unwrap_or(&default.issuer);
    let listen = arguments.listen.unwrap_or(default.listen);
    let dist = arguments.dist.as_ref().unwrap_or(&default.dist);
    format!(
        "# Settings of nod-authority. Each is also a variable: `issuer` is NOD_AUTHORITY_ISSUER.\n\
         # Unknown settings are refused.\n\n\
         # Address and port to listen on; keep it on loopback behind a TLS terminator.\n\
         listen = {listen}\n\n\
         # Public origin, as browsers see it: `iss` of the answers and origin of the frame.\n\
         issuer = {issuer}\n\n\
         # Built widget (frame.html, v1/, models/).\n\
         dist = {dist}\n\n\
         # A development machine: allows the fallback model set, and answers test keys.\n\
         development = {development}\n\n\
         # Display name, and where people go who do not want to enrol by face.\n\
         # name = \"Identity authority\"\n\
         # alternative = \"https://…\"\n\n\
         # Version of the consent text; change it with the text.\n\
         # consent_version = \"2\"\n\n\
         # Live model sets, the preferred one first; default: the manifest's set for production.\n\
         # model_sets = [\"open-1\"]\n\n\
         # Whether strong matches move templates a little (docs/templates.md).\n\
         # renew_templates = false\n\n\
         # Whether operators may look for one face among all residents (docs/duplicates.md).\n\
         # duplicate_search = false\n\n\
         # Midnight of the place whose days count for questions about age (docs/questions.md).\n\
         # utc_offset = \"+00:00\"\n\n\
         # Log filter and form (\"text\" or \"json\").\n\
         # log = \"info\"\n\
         # log_format = \"text\"\n\n\
         # Bearer token that /metrics asks for.\n\
         # metrics_token = \"\"\n\n\
         # Origins of the relays that serve the frame for this authority (docs/relay.md).\n\
         # relays = [\"https://relay.example\"]\n\n\
         # Seconds that requests under way get when the process is told to stop.\n\
         # shutdown_seconds = 10\n\n\
         # A PostgreSQL database that several authorities share; default: a SQLite file in this directory. Better in\n\
         # NOD_AUTHORITY_DATABASE_URL than here, where the password would lie in a file.\n\
         # [database]\n\
         # url = \"postgres://nod:password@host/nod\"\n\n\
         # Where a nod-evidence of this machine listens: for sites with `--evidence crops`.\n\
         # [evidence]\n\
         # socket = \"/run/nod/evidence.sock\"\n\n\
         # Where operators of terminals enrol residents, and the program that sends messages to telephones (docs/terminal.md).\n\
         # [terminal]\n\
         # listen = \"127.0.0.1:8090\"\n\
         # origin = \"https://terminal.id.example.gov\"\n\
         # sender = [\"/usr/local/bin/send-message\"]\n\n\
         # Requests in a minute, and proxies whose header says which address a request comes from (docs/limits.md). Behind\n\
         # a TLS terminator name it here: otherwise all residents together have the limit of one address.\n\
         {open}[limits]\n\
         # address_per_minute = {address}\n\
         # site_sessions_per_minute = {site}\n\
         # device_per_minute = {device}\n\
         # relay_per_minute = {relay}\n\
         # relays = [\"192.0.2.80\"]\n\
         # trusted_proxies = [\"127.0.0.1\"]\n\
         # forwarded_header = \"x-forwarded-for\"\n\
         {shared}\n",
        listen = quoted(&listen.to_string()),
        issuer = quoted(issuer.as_str()),
        dist = quoted(&dist.display().to_string()),
        development = arguments.development,
        address = default.limits.address_per_minute.get(),
        site = default.limits.site_sessions_per_minute.get(),
        device = default.limits.device_per_minute.get(),
        relay = default.limits.relay_per_minute.get(),
        open = if arguments.development { "" } else { "# " },
        shared = if arguments.development {
            // Tests and demonstrations are many people at one address.
            "shared = [{ network = \"127.0.0.0/8\", per_minute = 1000000 }, { network = \"::1\", per_minute = 1000000 }]"
        } else {
            "# shared = [{ network = \"192.0.2.0/24\", per_minute = 3000 }]"
        },
    )
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
