//! A running authority on a temporary data directory, and a client that does what widget and site do.

mod database;
mod dist;
mod reply;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use nod_authority::{
    clock::Clock,
    config::Config,
    keys::{KeyRing, root_public_key},
    router::router,
    state::{Authority, open_store},
    store::{Site, Ticket},
    vault::{TokenKind, Vault},
};
use nod_protocol::{
    challenge::Challenge,
    context::TicketContext,
    envelope::{Header, MEDIA_TYPE, VERSION},
    http::{ChallengeReply, KeysReply, SessionReply},
    ids::{Action, ClaimedId, Level, Origin, SiteKey, TicketId, TicketKind},
    payload::Payload,
    seal,
};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) use self::{
    database::{Past, TestDatabase, is_postgres},
    dist::write_dist,
    reply::Reply,
};
use crate::people::Person;

/// When the tests begin.
pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "https://id.example.gov";
pub(crate) const COURT: &str = "https://court.example.gov";
pub(crate) const COURT_SECRET: &str = "sk_planted-court-secret";
pub(crate) const HOTEL: &str = "https://hotel.example";
pub(crate) const HOTEL_SECRET: &str = "sk_planted-hotel-secret";

/// A clock that stands still until it is told to move.
pub(crate) struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A relying party that asks for no crops.
pub(crate) fn site(key: &str, origin: &str, level: Level, still: bool) -> Site {
    Site {
        site_key: SiteKey::parse(key).unwrap(),
        name: format!("Site {key}"),
        alternative: format!("{origin}/counter"),
        level,
        still,
        kiosk: !still,
        evidence: false,
        sessions_per_minute: None,
        ask: vec![],
        origins: vec![Origin::parse(origin).unwrap()],
        actions: vec![
            (
                Action::parse("efile-submit").unwrap(),
                "File a claim in your name".into(),
            ),
            (Action::parse("efile-pay").unwrap(), "Pay a fee".into()),
        ],
    }
}

/// An authority, its files and a client.
pub(crate) struct Harness {
    pub(crate) dir: Arc<tempfile::TempDir>,
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) authority: Arc<Authority>,
    config: Config,
    router: Router,
}

impl Harness {
    /// Two sites: the court (light, still allowed) and the hotel (full, kiosk, no still capture).
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// The same with more lines of settings.
    pub(crate) async fn start_with(more: &str) -> Self {
        Self::start_on(TestDatabase::new(), more).await
    }

    /// The same on this database.
    pub(crate) async fn start_on(database: TestDatabase, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        KeyRing::create(&data, NOW).unwrap();
        write_dist(&dir.path().join("dist"));
        let keys = KeyRing::load(&data, NOW).unwrap();
        let vault = Arc::new(Vault::new(&keys.at_rest, keys.lookup, NOW));
        let settings = format!(
            "issuer = \"{ISSUER}\"\ndist = \"{}\"\nmetrics_token = \"planted-metrics-token\"\n{more}{}",
            dir.path().join("dist").display(),
            database.settings()
        );
        // For commands beside the server.
        std::fs::write(data.join("config.toml"), &settings).unwrap();
        let config = Config::parse(&settings, "config.toml", std::iter::empty()).unwrap();
        let created = open_store(&config, &data, vault, true).await.unwrap();
        created.close().await;
        let clock = Arc::new(TestClock(AtomicU64::new(NOW)));
        let harness = Self::serve(Arc::new(dir), Arc::new(database), clock, config).await;
        let court = site("pk_court", COURT, Level::Light, true);
        harness.register(court, COURT_SECRET).await;
        let hotel = site("pk_hotel", HOTEL, Level::Full, false);
        harness.register(hotel, HOTEL_SECRET).await;
        harness
    }

    async fn serve(
        dir: Arc<tempfile::TempDir>,
        database: Arc<TestDatabase>,
        clock: Arc<TestClock>,
        config: Config,
    ) -> Self {
        let data = dir.path().join("data");
        let authority = Authority::start(config.clone(), &data, clock.clone());
        let authority = Arc::new(authority.await.unwrap());
        Self {
            router: router(authority.clone()),
            dir,
            database,
            clock,
            authority,
            config,
        }
    }

    /// A second authority with the same keys, settings and database, and nothing else in common with the first: as a second
    /// process has it.
    pub(crate) async fn another(&self) -> Self {
        let (dir, database) = (self.dir.clone(), self.database.clone());
        Self::serve(dir, database, self.clock.clone(), self.config.clone()).await
    }

    /// The same with other settings: as the operator starts it anew.
    pub(crate) async fn another_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.config.clone();
        change(&mut config);
        let (dir, database) = (self.dir.clone(), self.database.clone());
        Self::serve(dir, database, self.clock.clone(), config).await
    }

    /// A connection that the store knows nothing of.
    pub(crate) async fn past_the_store(&self) -> Past {
        let data = self.dir.path().join("data");
        self.database.past_the_store(&data).await
    }

    pub(crate) async fn register(&self, site: Site, secret: &str) {
        let store = &self.authority.store;
        let hash = store.vault().token_hash(TokenKind::SiteSecret, secret);
        assert!(store.add_site(&site, &hash, NOW).await.unwrap());
    }

    /// Sets the clock, forward or back.
    pub(crate) fn set_clock(&self, to: u64) {
        self.clock.0.store(to, Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// A ticket for a person; returns its code.
    pub(crate) async fn ticket(&self, person: &Person, level: Level) -> String {
        let id = TicketId::parse(&format!("t{}", person.seed * 100 + self.clock.now() % 100));
        let code = format!("planted-ticket-code-{}-{}", person.seed, self.clock.now());
        self.ticket_with(person, level, id.unwrap(), &code).await;
        code
    }

    pub(crate) async fn ticket_with(
        &self,
        person: &Person,
        level: Level,
        id: TicketId,
        code: &str,
    ) {
        let claimed_id = ClaimedId::parse(person.id).unwrap();
        let ticket = Ticket {
            context: TicketContext {
                claimed_id_hash: claimed_id.hash_for_ticket(&id),
                id,
                level,
                consent_version: "2".into(),
                issuer: "terminal-7".into(),
                kind: TicketKind::Live,
            },
            expires_at: self.clock.now() + 15 * 60,
            spent: false,
            at_terminal: false,
        };
        let store = &self.authority.store;
        let hash = store.vault().token_hash(TokenKind::TicketCode, code);
        let now = self.clock.now();
        assert!(store.add_ticket(&ticket, &hash, None, now).await.unwrap());
    }

    /// Any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        self.send_to(&self.router, request).await
    }

    /// The same to another of the authority's origins.
    pub(crate) async fn send_to(&self, router: &Router, request: Request<Body>) -> Reply {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn get_with(&self, path: &str, secret: &str) -> Reply {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {secret}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// What the operator's monitoring reads.
    pub(crate) async fn metrics(&self) -> String {
        let reply = self.get_with("/metrics", "planted-metrics-token").await;
        reply.text()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, None, body).await
    }

    pub(crate) async fn post_with(&self, path: &str, secret: Option<&str>, body: &Value) -> Reply {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(secret) = secret {
            request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub(crate) async fn post_sealed(&self, path: &str, body: Vec<u8>) -> Reply {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, MEDIA_TYPE)
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Opens a session as the frame does on a page of the court.
    pub(crate) async fn open_at_court(&self) -> SessionReply {
        let request = json!({"sitekey": "pk_court", "origin": COURT, "action": "efile-submit",
                             "rp_nonce": "n-1", "bind": "sha256-doc"});
        self.post("/v1/sessions", &request).await.json()
    }

    /// Opens an enrolment session with a ticket's code.
    pub(crate) async fn open_to_enrol(&self, code: &str) -> SessionReply {
        let request = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol",
                             "ticket": code});
        self.post("/v1/sessions", &request).await.json()
    }

    pub(crate) async fn challenge(&self, session: &SessionReply) -> Challenge {
        let path = format!("/v1/sessions/{}/challenge", session.session);
        let reply: ChallengeReply = self.post(&path, &json!({"mode": "still"})).await.json();
        assert_eq!(reply.expires_in, 60);
        reply.challenge
    }

    /// Seals as the widget does: to a published key that the pinned root has signed.
    pub(crate) async fn seal(
        &self,
        session: &SessionReply,
        challenge: &Challenge,
        payload: &Payload,
    ) -> Vec<u8> {
        let published: KeysReply = self.get("/v1/keys").await.json();
        let root = root_public_key(&self.dir.path().join("data")).unwrap();
        let key = root.choose(&published.keys, self.clock.now()).unwrap();
        let header = Header {
            version: VERSION,
            session: session.session.clone(),
            key: key.kid,
            model_set: session.model_sets[0].clone(),
            build: [7; 32],
        };
        let envelope = seal::seal(
            &key.public_key,
            header,
            &session.context(challenge),
            payload,
        )
        .unwrap();
        envelope.encode()
    }

    /// Challenge, seal and post in one go.
    pub(crate) async fn submit(&self, session: &SessionReply, payload: &Payload) -> Reply {
        let challenge = self.challenge(session).await;
        let body = self.seal(session, &challenge, payload).await;
        let path = match session.purpose {
            nod_protocol::ids::Purpose::Verify => "/v1/verify",
            nod_protocol::ids::Purpose::Enrol => "/v1/enrol",
        };
        self.post_sealed(path, body).await
    }

    /// Enrols a person with a fresh ticket.
    pub(crate) async fn enrol(&self, person: &Person, level: Level) {
        let code = self.ticket(person, level).await;
        let session = self.open_to_enrol(&code).await;
        let reply = self.submit(&session, &person.payload(10)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    }

    /// Verifies at the court and returns the token's claims.
    pub(crate) async fn verify_at_court(&self, payload: &Payload) -> Value {
        let session = self.open_at_court().await;
        self.submit(&session, payload).await.claims()
    }
}
