//! With a real authority: photographs before the widget, through the seal, to a signed answer.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use nod::answer::peek_yes;
use nod::attempt::{Attempt, Claimed, Progress};
use nod::image::Frame;
use nod_authority::{
    clock::{Clock, SystemClock},
    config::Config,
    keys::{KeyRing, root_public_key},
    router::router,
    state::{Authority, database_path},
    store::{Site, Store, Ticket},
    vault::{TokenKind, Vault},
};
use nod_protocol::{
    challenge::Challenge,
    context::TicketContext,
    envelope::{Envelope, MAX_BODY, MEDIA_TYPE},
    http::{ChallengeReply, KeysReply, SessionReply, VerifyReply},
    ids::{Action, ClaimedId, Level, Origin, SiteKey, TicketId, TicketKind},
    payload::Payload,
    seal,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::faces::{checkout, models, sets};
use crate::program::Program;

const ISSUER: &str = "https://id.example.gov";
const BANK: &str = "https://bank.example";
const ID: &str = "PLANTED-4711-ANN";
const PASSCODE: &str = "94730528";
const CODE: &str = "planted-ticket-code";

/// An authority, a bank that asks it for crops, and the process that looks at them.
struct Bank {
    program: Program,
    folder: tempfile::TempDir,
    authority: Arc<Authority>,
    router: Router,
}

impl Bank {
    /// With everybody's favourite photograph enrolled.
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, dist) = (folder.path().join("data"), folder.path().join("dist"));
        std::fs::create_dir(&data).unwrap();
        std::fs::create_dir(&dist).unwrap();
        std::os::unix::fs::symlink(models(), dist.join("models")).unwrap();
        let program = Program::start();
        let live: Vec<String> = sets().map(|set| format!("\"{set}\"")).collect();
        let settings = format!(
            "issuer = \"{ISSUER}\"\ndist = \"{}\"\nmodel_sets = [{}]\n[evidence]\nsocket = \"{}\"",
            dist.display(),
            live.join(", "),
            program.socket().display()
        );
        let config = Config::parse(&settings, "config.toml", std::iter::empty()).unwrap();

        let now = SystemClock.now();
        KeyRing::create(&data, now).unwrap();
        let keys = KeyRing::load(&data, now).unwrap();
        let vault = Arc::new(Vault::new(&keys.at_rest, keys.lookup, now));
        let store = Store::open(&database_path(&data), vault, true)
            .await
            .unwrap();
        let secret = store.vault().token_hash(TokenKind::SiteSecret, "sk_bank");
        assert!(store.add_site(&bank(), &secret, now).await.unwrap());
        let code = store.vault().token_hash(TokenKind::TicketCode, CODE);
        store
            .add_ticket(&ticket(now), &code, None, now)
            .await
            .unwrap();
        store.close().await;

        let authority = Authority::start(config, &data, Arc::new(SystemClock)).await;
        let authority = Arc::new(authority.unwrap());
        let bank = Self {
            program,
            folder,
            router: router(authority.clone()),
            authority,
        };
        let open =
            json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": CODE});
        let session: SessionReply = bank.post("/v1/sessions", &open).await.1;
        assert!(!session.site.evidence, "an enrolment is no site's");
        let (_, body) = bank.capture(session, "obama").await;
        assert_eq!(
            bank.send("/v1/enrol", MEDIA_TYPE, body).await.0,
            StatusCode::OK
        );
        bank
    }

    /// A session of a page of the bank.
    async fn session(&self) -> SessionReply {
        let open = json!({"sitekey": "pk_bank", "origin": BANK});
        self.post("/v1/sessions", &open).await.1
    }

    /// What the widget makes of a photograph that is held still before its camera: a sealed body.
    async fn capture(&self, session: SessionReply, portrait: &str) -> (Challenge, Vec<u8>) {
        let root = root_public_key(&self.folder.path().join("data")).unwrap();
        let keys: KeysReply = self.get("/v1/keys").await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let id = session.session.clone();
        let mut widget = Attempt::new(root, [7; 32]);
        let json = std::fs::read_to_string(models().join("manifest.json")).unwrap();
        widget.set_manifest(&json).unwrap();
        widget.open(session, &keys, now.as_secs()).unwrap();
        load(&mut widget);
        let mut camera = Camera::showing(portrait);
        camera.until(&mut widget, "ready");
        widget.ask().unwrap();
        let path = format!("/v1/sessions/{id}/challenge");
        let reply: ChallengeReply = self.post(&path, &json!({"mode": "still"})).await.1;
        widget.challenged(Ok(reply.clone())).unwrap();
        camera.until(&mut widget, "captured");
        let claimed = Claimed {
            id: Some(ID),
            device: None,
            handle: None,
            passcode: Some(PASSCODE),
            signed: None,
        };
        (reply.challenge, widget.seal(&claimed).unwrap().body)
    }

    /// A sealed body opened as the authority does, changed and sealed again: what a program instead of the widget
    /// could have sent.
    fn changed(
        &self,
        body: &[u8],
        session: &SessionReply,
        challenge: &Challenge,
        change: impl FnOnce(&mut Payload),
    ) -> Vec<u8> {
        let envelope = Envelope::decode(body).unwrap();
        let keys = self.authority.keys.snapshot();
        let key = keys.sealing(&envelope.header.key, self.authority.now());
        let key = key.unwrap();
        let context = session.context(challenge);
        let mut payload = key.open(&envelope, &context).unwrap();
        change(&mut payload);
        let header = envelope.header.clone();
        let sealed = seal::seal(&key.public_key(), header, &context, &payload);
        sealed.unwrap().encode()
    }

    async fn answer(&self, body: Vec<u8>) -> Option<bool> {
        let (status, reply) = self.send("/v1/verify", MEDIA_TYPE, body).await;
        assert_eq!(
            status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&reply)
        );
        let reply: VerifyReply = serde_json::from_slice(&reply).unwrap();
        peek_yes(&reply.token?)
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let reply = self.router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(reply.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> (StatusCode, T) {
        let body = body.to_string().into_bytes();
        let (status, reply) = self.send(path, "application/json", body).await;
        (status, serde_json::from_slice(&reply).unwrap())
    }

    async fn send(&self, path: &str, kind: &str, body: Vec<u8>) -> (StatusCode, Vec<u8>) {
        let request = Request::post(path).header("content-type", kind);
        let request = request.body(Body::from(body)).unwrap();
        let reply = self.router.clone().oneshot(request).await.unwrap();
        let status = reply.status();
        let body = to_bytes(reply.into_body(), 1 << 20).await.unwrap();
        (status, body.to_vec())
    }
}

fn bank() -> Site {
    Site {
        site_key: SiteKey::parse("pk_bank").unwrap(),
        name: "Bank".into(),
        alternative: format!("{BANK}/counter"),
        level: Level::Light,
        still: true,
        kiosk: false,
        evidence: true,
        sessions_per_minute: None,
        ask: vec![],
        origins: vec![Origin::parse(BANK).unwrap()],
        actions: vec![(
            Action::parse("open-account").unwrap(),
            "Open an account".into(),
        )],
    }
}

fn ticket(now: u64) -> Ticket {
    let id = TicketId::parse("t1").unwrap();
    Ticket {
        context: TicketContext {
            claimed_id_hash: ClaimedId::parse(ID).unwrap().hash_for_ticket(&id),
            id,
            level: Level::Full,
            consent_version: "2".into(),
            issuer: "terminal-7".into(),
            kind: TicketKind::Live,
        },
        expires_at: now + 15 * 60,
        spent: false,
        at_terminal: false,
    }
}

fn load(widget: &mut Attempt) {
    let live: Vec<String> = sets().map(str::to_owned).collect();
    let needed = widget.models_needed(&live).unwrap();
    let needed: Vec<(String, String)> = needed
        .iter()
        .map(|file| (file.name.clone(), file.file.clone()))
        .collect();
    for (name, file) in needed {
        let onnx = std::fs::read(models().join(file)).unwrap();
        widget.load_model(&name, &onnx).unwrap();
    }
}

/// Shows a photograph, each frame a little brighter or darker than the one before.
struct Camera {
    frames: Vec<image::RgbaImage>,
    at: u64,
}

impl Camera {
    fn showing(portrait: &str) -> Self {
        let path = checkout().join(format!("tests/faces/{portrait}.jpg"));
        let picture = image::open(path).unwrap().into_rgba8();
        // More than are looked at: no two keyframes may be one picture.
        let frames = (-8..=8).map(|by| image::imageops::brighten(&picture, by));
        Self {
            frames: frames.collect(),
            at: 1_000,
        }
    }

    fn look(&mut self, widget: &mut Attempt) -> Progress {
        self.at += 125;
        let picture = &self.frames[self.at as usize / 125 % self.frames.len()];
        let frame = Frame::new(picture.width(), picture.height(), picture.as_raw()).unwrap();
        widget.look(&frame, self.at).unwrap()
    }

    fn until(&mut self, widget: &mut Attempt, phase: &str) {
        let reached = (0..12).any(|_| self.look(widget).phase == phase);
        assert!(reached, "never {phase}");
    }
}

#[tokio::test]
async fn what_the_widget_seals_is_found_to_belong_together() {
    let bank = Bank::open().await;
    let (_, body) = bank.capture(bank.session().await, "obama").await;
    assert!(body.len() > MAX_BODY, "there are pictures in it");
    assert_eq!(bank.answer(body).await, Some(true));
}

#[tokio::test]
async fn embeddings_beside_the_pictures_of_somebody_else_are_a_no() {
    let bank = Bank::open().await;
    let session = bank.session().await;
    let (challenge, body) = bank.capture(session.clone(), "biden").await;
    let mut crops = Vec::new();
    let take = |payload: &mut Payload| crops = std::mem::take(&mut payload.captures[0].crops);
    bank.changed(&body, &session, &challenge, take);
    assert!(!crops.is_empty());

    let session = bank.session().await;
    let (challenge, body) = bank.capture(session.clone(), "obama").await;
    let body = bank.changed(&body, &session, &challenge, |payload| {
        payload.captures[0].crops = crops;
    });
    assert_eq!(bank.answer(body).await, Some(false));

    // Sealed again without a change it is a yes: it was the pictures.
    let session = bank.session().await;
    let (challenge, body) = bank.capture(session.clone(), "obama").await;
    let body = bank.changed(&body, &session, &challenge, |_| {});
    assert_eq!(bank.answer(body).await, Some(true));
}

#[tokio::test]
async fn a_process_that_has_ended_is_missed_before_anything_is_captured() {
    let bank = Bank::open().await;
    let Bank {
        program, router, ..
    } = bank;
    program.signal("TERM");
    assert_eq!(program.wait().code, Some(0));
    let open = json!({"sitekey": "pk_bank", "origin": BANK}).to_string();
    let request = Request::post("/v1/sessions").header("content-type", "application/json");
    let reply = router
        .oneshot(request.body(Body::from(open)).unwrap())
        .await;
    assert_eq!(reply.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}
