//! What every request handler shares: settings, keys, database, model sets, clock and counters.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use nod_protocol::{
    context::TicketContext,
    envelope::{MAX_BODY, MAX_EVIDENCE_BODY},
    ids::{Action, ClaimedId, Level, Passcode, SiteKey, TicketId, TicketKind},
    payload::Embedding,
    random,
};
use tokio::sync::Semaphore;

use crate::{
    clock::{Clock, UnixSeconds},
    cohorts::Cohorts,
    config::Config,
    error::Error,
    evidence,
    keys::{KeyError, KeySource, LiveKeys},
    metrics::Metrics,
    model_sets::{ModelSet, ModelSetError, ModelSets},
    passcode,
    protect::ProtectedEmbedding,
    sites::Sites,
    spraying::Spraying,
    store::{FoundBySecret, NewResident, OWN_SITE, Site, Store, StoreError},
    telemetry::Lost,
    terminal::Sender,
    test_keys::{self, TestKeys},
    traffic::Buckets,
    vault::{TokenKind, Vault},
    watch::DatabaseWatch,
    webauthn::{self, RelyingParty},
};

/// The running authority.
pub struct Authority {
    /// Settings.
    pub config: Config,
    /// Keys; a request takes one [snapshot](LiveKeys::snapshot).
    pub keys: LiveKeys,
    /// Database.
    pub store: Store,
    /// Live model sets.
    pub sets: ModelSets,
    /// Other people's templates that scores are normalised against.
    pub cohorts: Cohorts,
    /// Sites that were read lately.
    sites: Sites,
    /// Faces that have failed lately.
    pub spraying: Spraying,
    /// What this process has taken of the limits on requests.
    pub buckets: Buckets,
    /// Where crops are looked at, if anywhere.
    pub evidence: Option<evidence::Client>,
    /// What a development machine answers test keys with; `None` in production.
    pub test_keys: Option<TestKeys>,
    /// How messages reach telephones; there if terminals are.
    pub sender: Option<Sender>,
    /// Counters.
    pub metrics: Metrics,
    /// What was the matter with the database lately.
    pub database: DatabaseWatch,
    /// Log lines that could not be written.
    pub lost_lines: Lost,
    /// The authority's own pages, as a site.
    pub own_site: Site,
    /// Who asks for device keys.
    pub party: RelyingParty,
    /// Checked where somebody has no passcode, so that the work is the same.
    pub decoy_passcode: String,
    clock: Arc<dyn Clock>,
    hashing: Arc<Semaphore>,
    draining: AtomicBool,
}

/// Why the authority cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Model sets.
    #[error(transparent)]
    Models(#[from] ModelSetError),
    /// Sites ask for crops that nobody would look at.
    #[error(
        "{0} asks for crops, and the settings name no nod-evidence to look at them \
         (`[evidence]` with `socket`)"
    )]
    NoEvidence(SiteKey),
    /// A site would hide a test key, or be one where there are none.
    #[error(
        "{0} is registered, and site keys of that form are for tests: register it under another"
    )]
    ReservedKey(SiteKey),
    /// The decoy could not be made.
    #[error("cannot make the decoy: {0}")]
    Decoy(&'static str),
}

/// What the authority's own pages are for.
pub const ENROL: &str = "enrol";
/// See there.
pub const CARD: &str = "card";

/// How long a request waits for its turn at Argon2id before the authority says that it is busy.
const HASHING_WAIT: Duration = Duration::from_secs(10);

impl Authority {
    /// Loads keys, database and model sets of a data directory.
    pub async fn start(
        config: Config,
        data: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        Self::start_with(config, data, KeySource::files(data), clock).await
    }

    /// The same with keys from elsewhere.
    pub async fn start_with(
        config: Config,
        data: &Path,
        keys: KeySource,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let now = clock.now();
        let keys = LiveKeys::load(keys, now)?;
        let ring = keys.snapshot();
        let sets = ModelSets::load(&config)?;
        let vault = Arc::new(Vault::new(&ring.at_rest, ring.lookup.clone(), now));
        let store = open_store(&config, data, vault, false).await?;
        let evidence = config.evidence.as_ref();
        let evidence = evidence.map(|evidence| evidence::Client::new(&evidence.socket));
        // A site added later finds no way round this: its sessions are refused.
        if let (None, Some(site)) = (&evidence, first_with_evidence(&store).await?) {
            return Err(StartError::NoEvidence(site));
        }
        let registered = store.sites().await?.into_iter();
        let mut keys_of_sites = registered.map(|site| site.site_key);
        if let Some(key) = keys_of_sites.find(test_keys::is_reserved) {
            return Err(StartError::ReservedKey(key));
        }
        let decoy_passcode = make_decoy(&store, &sets, &config, now).await?;
        let cohorts = Cohorts::load(&store, &sets).await?;
        // One Argon2id takes a core and 19 MiB for tens of milliseconds: more at once than cores
        // would only slow each other down.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            own_site: own_site(&config)?,
            party: RelyingParty::of(&config.issuer),
            test_keys: TestKeys::of(&config).map_err(KeyError::from)?,
            keys,
            store,
            sets,
            cohorts,
            sites: Sites::default(),
            spraying: Spraying::default(),
            buckets: Buckets::default(),
            evidence,
            sender: sender(&config),
            metrics: Metrics::default(),
            database: DatabaseWatch::default(),
            lost_lines: Lost::default(),
            decoy_passcode,
            clock,
            hashing: Arc::new(Semaphore::new(cores)),
            draining: AtomicBool::new(false),
            config,
        })
    }

    /// The time that every decision of a request goes by.
    pub fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// The site with this key; the authority's own pages are one.
    pub async fn site(&self, key: &SiteKey) -> Result<Site, Error> {
        if *key == self.own_site.site_key {
            return Ok(self.own_site.clone());
        }
        let now = self.now();
        if let Some(site) = self.sites.by_key(key, now) {
            return Ok(site);
        }
        let site = self.store.site(key).await?.ok_or(Error::UnknownSite)?;
        self.sites.keep(&site, now);
        Ok(site)
    }

    /// The site whose back end holds this secret, if there is one.
    pub async fn site_by_secret(&self, secret: &str) -> Result<Option<Site>, Error> {
        let vault = self.store.vault();
        let hash = vault.token_hash(TokenKind::SiteSecret, secret);
        let now = self.now();
        if let Some(site) = self.sites.by_secret(&hash, now) {
            return Ok(Some(site));
        }
        let Some(FoundBySecret { site, until }) = self.store.site_by_secret(&hash, now).await?
        else {
            return Ok(None);
        };
        self.sites.keep_found(&site, &hash, until, now);
        Ok(Some(site))
    }

    /// Bytes that a sealed capture for a site may have: more where crops can be looked at.
    pub fn verify_limit(&self) -> usize {
        match self.evidence {
            Some(_) => MAX_EVIDENCE_BODY,
            None => MAX_BODY,
        }
    }

    /// Runs Argon2id work on a thread of its own, in turn.
    pub async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = tokio::time::timeout(HASHING_WAIT, self.hashing.clone().acquire_owned());
        let permit = turn
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Busy)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(|_| Error::Internal("a hashing task died"))
    }

    /// Tells readiness that no new requests should come.
    pub fn begin_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the process is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// A program where the settings name one; a development machine prints messages.
fn sender(config: &Config) -> Option<Sender> {
    let terminal = config.terminal.as_ref()?;
    Some(match terminal.sender.as_slice() {
        [] => Sender::Print,
        words => Sender::Program(words.to_vec()),
    })
}

/// A site that asks for crops, if there is one.
async fn first_with_evidence(store: &Store) -> Result<Option<SiteKey>, StoreError> {
    let mut sites = store.sites().await?.into_iter();
    Ok(sites.find(|site| site.evidence).map(|site| site.site_key))
}

/// The database that the settings name, or the file of the data directory, which is created only if asked to.
pub async fn open_store(
    config: &Config,
    data: &Path,
    vault: Arc<Vault>,
    create: bool,
) -> Result<Store, StoreError> {
    match &config.database {
        Some(database) => Store::connect(database.url.expose(), vault).await,
        None => Store::open(&database_path(data), vault, create).await,
    }
}

/// The SQLite file of a data directory.
pub fn database_path(data: &Path) -> std::path::PathBuf {
    data.join("nod.sqlite")
}

/// The authority's own pages, at top level on its own origin: enrolment, and residents' cards.
fn own_site(config: &Config) -> Result<Site, StartError> {
    let invalid = |_| StartError::Decoy("own site");
    Ok(Site {
        site_key: SiteKey::parse(OWN_SITE).map_err(invalid)?,
        name: config.name.clone(),
        alternative: config.alternative.clone(),
        level: Level::Light,
        still: true,
        kiosk: false,
        // Crops are for sites' verifications; an enrolment is no site's.
        evidence: false,
        sessions_per_minute: None,
        origins: vec![config.issuer.clone()],
        ask: vec![],
        actions: vec![
            (
                Action::parse(ENROL).map_err(invalid)?,
                "Enrol your face so that you can confirm your identity online".into(),
            ),
            (
                Action::parse(CARD).map_err(invalid)?,
                "Open your card: what is held about you, who asked, and what you can do".into(),
            ),
        ],
    })
}

/// A resident that nobody is: found, decrypted, hashed against and compared with wherever a claimed
/// ID is not enrolled. Returns its passcode hash.
async fn make_decoy(
    store: &Store,
    sets: &ModelSets,
    config: &Config,
    now: UnixSeconds,
) -> Result<String, StartError> {
    let passcode = tokio::task::spawn_blocking(|| {
        let digits = random::bytes::<8>().map_err(|_| "no random numbers")?;
        let digits: String = digits
            .iter()
            .map(|byte| char::from(b'0' + byte % 10))
            .collect();
        let passcode = Passcode::parse(&digits).map_err(|_| "passcode")?;
        passcode::hash(&passcode).map_err(|_| "hash")
    })
    .await
    .map_err(|_| StartError::Decoy("task"))?
    .map_err(StartError::Decoy)?;

    let vault = store.vault();
    let template = |set: &ModelSet| {
        let direction = random_direction(set.dimensions)?;
        let protected = vault.protect(&set.id, set.dimensions, &direction);
        protected.map_err(|_| "template")
    };
    let templates: Vec<ProtectedEmbedding> = sets
        .all()
        .iter()
        .map(template)
        .collect::<Result<_, _>>()
        .map_err(StartError::Decoy)?;
    let claimed_id = ClaimedId::parse("0000").map_err(|_| StartError::Decoy("claimed ID"))?;
    let ticket = TicketContext {
        id: TicketId::parse("decoy").map_err(|_| StartError::Decoy("ticket"))?,
        claimed_id_hash: [0; 32],
        level: Level::Full,
        consent_version: config.consent_version.clone(),
        issuer: "decoy".into(),
        kind: TicketKind::Live,
    };
    let decoy = NewResident {
        claimed_id: &claimed_id,
        passcode: Some(&passcode),
        templates: sets
            .all()
            .iter()
            .map(|set| &set.id)
            .zip(&templates)
            .collect(),
        ticket: &ticket,
        registration: None,
    };
    let key = webauthn::decoys_key().map_err(|_| StartError::Decoy("device key"))?;
    store.ensure_decoy(&decoy, &key, now).await?;
    Ok(passcode)
}

fn random_direction(dimensions: usize) -> Result<Embedding, &'static str> {
    let values = (0..dimensions)
        .map(|_| random::bytes::<2>().map(|bytes| f32::from(i16::from_le_bytes(bytes)) + 0.5))
        .collect::<Result<Vec<f32>, _>>()
        .map_err(|_| "no random numbers")?;
    Embedding::normalised(values).map_err(|_| "embedding")
}
