//! An authority on a real port with a real database, and what is in it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use nod_authority::{
    clock::{Clock, SystemClock},
    config::Config,
    keys::{KeyRing, root_public_key},
    protect::ProtectedEmbedding,
    router::router,
    state::{Authority, database_path},
    store::{ImportKey, Store},
    vault::{TokenKind, Vault},
};
use nod_protocol::ids::ClaimedId;
use sqlx::{Row, SqlitePool};
use tokio::runtime::Runtime;

use crate::people::People;

/// A running authority; its data are gone with the value.
pub(crate) struct Server {
    dir: tempfile::TempDir,
    authority: Arc<Authority>,
    address: SocketAddr,
    /// `None` while the server is away.
    serving: Option<Runtime>,
    /// For questions to the database.
    runtime: Runtime,
}

const KEY: &str = "ik_planted-key-of-the-import-tests";
const KEY_NAME: &str = "i1";

impl Server {
    /// With every model set of this machine live.
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let authority = Arc::new(runtime.block_on(authority(&data)));
        let mut server = Self {
            dir,
            authority,
            address: ([127, 0, 0, 1], 0).into(),
            serving: None,
            runtime,
        };
        server.serve();
        server
    }

    /// Listens, again on the same port after [`Server::go_away`].
    pub(crate) fn serve(&mut self) {
        let serving = Runtime::new().unwrap();
        let listener = serving
            .block_on(tokio::net::TcpListener::bind(self.address))
            .unwrap();
        self.address = listener.local_addr().unwrap();
        let app = router(self.authority.clone());
        serving.spawn(async move { axum::serve(listener, app).await });
        self.serving = Some(serving);
    }

    /// Closes the port and every connection, as a crash would.
    pub(crate) fn go_away(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.shutdown_timeout(std::time::Duration::from_secs(5));
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn key(&self) -> &'static str {
        KEY
    }

    pub(crate) fn revoke_key(&self) {
        let revoked = self
            .authority
            .store
            .revoke_import_key(KEY_NAME, SystemClock.now());
        assert!(self.runtime.block_on(revoked).unwrap());
    }

    pub(crate) fn root(&self) -> String {
        root_public_key(&self.dir.path().join("data"))
            .unwrap()
            .to_base64url()
    }

    pub(crate) fn models(&self) -> PathBuf {
        dist().join("models")
    }

    /// The live sets.
    pub(crate) fn sets(&self) -> Vec<String> {
        self.authority
            .sets
            .ids(SystemClock.now())
            .into_iter()
            .map(String::from)
            .collect()
    }

    /// How many of these people are enrolled; fails if anybody else is, too.
    pub(crate) fn residents(&self, people: &People) -> usize {
        let enrolled = people
            .ids()
            .iter()
            .filter(|id| self.resident(id).enrolled)
            .count();
        // One row is the decoy that stands in where nobody is enrolled.
        assert_eq!(self.count("SELECT count(*) FROM residents"), enrolled + 1);
        enrolled
    }

    /// Stored templates that were made of this.
    pub(crate) fn templates(&self, source: &'static str) -> usize {
        match source {
            "portrait" => self.count("SELECT count(*) FROM templates WHERE source = 'portrait'"),
            _ => self.count("SELECT count(*) FROM templates WHERE source <> 'portrait'"),
        }
    }

    /// Enrolments, and refusals because somebody is enrolled, since the server started.
    pub(crate) fn enrolments(&self) -> (usize, usize) {
        let text = self.authority.metrics.render(&[]);
        let value = |outcome: &str| {
            let name = format!("nod_enrolments_total{{outcome=\"{outcome}\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&name));
            line.map_or(0, |value| value.parse().unwrap())
        };
        (value("imported"), value("exists"))
    }

    /// The stored template of one person.
    pub(crate) fn template(&self, people: &People, index: usize, set: &str) -> ProtectedEmbedding {
        let resident = self.resident(&people.ids()[index]);
        let template = resident
            .templates
            .into_iter()
            .find(|t| t.model_set.as_str() == set);
        template.unwrap().embedding
    }

    fn resident(&self, id: &str) -> nod_authority::store::Resident {
        let id = ClaimedId::parse(id).unwrap();
        self.runtime
            .block_on(self.authority.store.resident(&id))
            .unwrap()
    }

    fn count(&self, query: &'static str) -> usize {
        let path = database_path(&self.dir.path().join("data"));
        self.runtime.block_on(async {
            let pool = SqlitePool::connect(&format!("sqlite://{}", path.display()))
                .await
                .unwrap();
            let row = sqlx::query(query).fetch_one(&pool).await.unwrap();
            pool.close().await;
            usize::try_from(row.get::<i64, _>(0)).unwrap()
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.go_away();
    }
}

async fn authority(data: &Path) -> Authority {
    let now = SystemClock.now();
    KeyRing::create(data, now).unwrap();
    let keys = KeyRing::load(data, now).unwrap();
    let vault = Arc::new(Vault::new(&keys.at_rest, keys.lookup, now));
    let store = Store::open(&database_path(data), vault, true)
        .await
        .unwrap();
    let key = ImportKey {
        id: KEY_NAME.into(),
        issuer: "registry-import".into(),
        created_at: now,
        revoked_at: None,
    };
    let hash = store.vault().token_hash(TokenKind::ImportKey, KEY);
    store.add_import_key(&key, &hash).await.unwrap();
    store.close().await;
    let sets: Vec<String> = sets().iter().map(|set| format!("\"{set}\"")).collect();
    let settings = format!(
        "issuer = \"https://id.example.gov\"\ndist = \"{}\"\nmodel_sets = [{}]",
        dist().display(),
        sets.join(", ")
    );
    let config = Config::parse(&settings, "config.toml", std::iter::empty()).unwrap();
    Authority::start(config, data, Arc::new(SystemClock))
        .await
        .unwrap()
}

/// The checkout that this test is in.
pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The model sets that this machine has; `everywhere-1` always among them.
fn sets() -> &'static [String] {
    static SETS: OnceLock<Vec<String>> = OnceLock::new();
    SETS.get_or_init(|| {
        let text = std::fs::read_to_string(dist().join("models/manifest.json")).unwrap();
        let manifest = nod::manifest::Manifest::parse(&text).unwrap();
        let sets: Vec<String> = manifest.set_ids().map(str::to_owned).collect();
        assert!(sets.iter().any(|set| set == "everywhere-1"), "{sets:?}");
        sets
    })
}

/// A build's directory with the models in it, made once for all tests.
fn dist() -> &'static Path {
    static DIST: OnceLock<PathBuf> = OnceLock::new();
    DIST.get_or_init(|| {
        let options = nod_models::Options::from_env(checkout()).unwrap();
        let prepared = nod_models::prepare(&options, &mut |_| ()).unwrap();
        for missing in &prepared.unavailable {
            println!("NOT TESTED: model set {}: {}", missing.set, missing.reason);
        }
        let dist = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import-dist");
        nod_planner::assemble(&prepared, &dist.join("models")).unwrap();
        dist
    })
}
