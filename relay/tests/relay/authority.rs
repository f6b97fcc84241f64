//! An authority on a port, with one site and one enrolled resident.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use nod_authority::{
    clock::{Clock, SystemClock},
    config::Config,
    keys::{KeyRing, root_public_key},
    router::router,
    state::{Authority, open_store},
    store::{Site, Ticket},
    vault::{TokenKind, Vault},
};
use nod_protocol::{
    context::TicketContext,
    ids::{Action, ClaimedId, Level, Origin, SiteKey, TicketId, TicketKind},
    key_config::RootPublicKey,
};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::people::{ANN, DIMENSIONS};

pub(crate) const COURT: &str = "https://court.example.gov";
pub(crate) const SECRET: &str = "sk_planted-court-secret";
/// The page, as a build leaves it.
pub(crate) const FRAME: &str = "<!doctype html><html data-site=\"\" data-alternative=\"\" data-authority=\"\"><title>frame</title>";

/// A running authority; its data are gone with the value.
pub(crate) struct Server {
    dir: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) issuer: String,
    pub(crate) ticket: &'static str,
    _runtime: Runtime,
}

impl Server {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let listening = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listening.unwrap();
        let address = listener.local_addr().unwrap();
        let issuer = format!("http://id.localhost:{}", address.port());
        let ticket = "planted-ticket-code-of-ann";
        let started = authority(dir.path().to_owned(), &issuer, ticket);
        let authority = Arc::new(runtime.block_on(started));
        let app = router(authority);
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            dir,
            address,
            issuer,
            ticket,
            _runtime: runtime,
        }
    }

    pub(crate) fn root(&self) -> RootPublicKey {
        root_public_key(&self.dir.path().join("data")).unwrap()
    }

    /// Host and port as a request inside names them.
    pub(crate) fn host(&self) -> &str {
        self.issuer.strip_prefix("http://").unwrap()
    }
}

async fn authority(dir: PathBuf, issuer: &str, ticket: &str) -> Authority {
    let (data, dist, now) = (dir.join("data"), dir.join("dist"), SystemClock.now());
    std::fs::create_dir(&data).unwrap();
    KeyRing::create(&data, now).unwrap();
    write_dist(&dist);
    let settings = format!("issuer = \"{issuer}\"\ndist = \"{}\"\n", dist.display());
    let config = Config::parse(&settings, "config.toml", std::iter::empty()).unwrap();
    let keys = KeyRing::load(&data, now).unwrap();
    let vault = Arc::new(Vault::new(&keys.at_rest, keys.lookup, now));
    let store = open_store(&config, &data, vault.clone(), true)
        .await
        .unwrap();
    let hash = vault.token_hash(TokenKind::SiteSecret, SECRET);
    assert!(store.add_site(&court(), &hash, now).await.unwrap());
    let id = TicketId::parse("t1").unwrap();
    let for_ann = Ticket {
        context: TicketContext {
            claimed_id_hash: ClaimedId::parse(ANN.id).unwrap().hash_for_ticket(&id),
            id,
            level: Level::Light,
            consent_version: "2".into(),
            issuer: "terminal-7".into(),
            kind: TicketKind::Live,
        },
        expires_at: now + 900,
        spent: false,
        at_terminal: false,
    };
    let hash = vault.token_hash(TokenKind::TicketCode, ticket);
    assert!(store.add_ticket(&for_ann, &hash, None, now).await.unwrap());
    store.close().await;
    Authority::start(config, &data, Arc::new(SystemClock))
        .await
        .unwrap()
}

fn court() -> Site {
    Site {
        site_key: SiteKey::parse("pk_planted_court").unwrap(),
        name: "Court".into(),
        alternative: format!("{COURT}/counter"),
        level: Level::Light,
        still: true,
        kiosk: false,
        evidence: false,
        sessions_per_minute: None,
        ask: vec![],
        origins: vec![Origin::parse(COURT).unwrap()],
        actions: vec![(
            Action::parse("efile-submit").unwrap(),
            "File a claim".into(),
        )],
    }
}

fn write_dist(dist: &std::path::Path) {
    let build = dist.join("v1/0123456789abcdef");
    std::fs::create_dir_all(&build).unwrap();
    std::fs::create_dir_all(dist.join("models")).unwrap();
    let manifest = json!({"version": 1, "sets": [{
        "id": "open-1", "production": true, "embedding": {"size": DIMENSIONS},
        "normalisation": {"top": 100, "centre": false, "floor": 0.25},
        "thresholds": {"light": {"cosine": 0.571, "normalised": 4.0},
                       "full": {"cosine": 0.571, "normalised": 4.0}}}]});
    for (file, text) in [
        ("frame.html", FRAME),
        ("enrol.html", "<!doctype html><title>enrol</title>"),
        (
            "handoff.html",
            "<!doctype html><html data-authority=\"\"><title>handoff</title>",
        ),
        ("build.json", r#"{"hash":"0123456789abcdef"}"#),
        ("models/manifest.json", &manifest.to_string()),
        ("models/aa00.plan", "plan"),
        ("v1/0123456789abcdef/nod.js", "export {}"),
        ("v1/0123456789abcdef/worker.js", "self.close()"),
        ("v1/0123456789abcdef/worker.js.br", "in brotli"),
    ] {
        std::fs::write(dist.join(file), text).unwrap();
    }
}
