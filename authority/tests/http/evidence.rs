//! Sites that ask for crops: what the judge makes of what nod-evidence measures, and what happens while it is away.

mod examiner;

use axum::http::StatusCode;
use nod_protocol::{
    challenge::Challenge,
    envelope::{MAX_BODY, MAX_EVIDENCE_BODY},
    evidence::{EvidenceMeasures, Refusal},
    http::{SessionReply, SiteSessionReply},
    ids::Level,
    payload::{EvidenceCrop, Payload},
};
use serde_json::{Value, json};

use self::examiner::{Examiner, Reply};
use crate::{
    film::head,
    harness::{self, Harness, site},
    movement,
    people::{ANN, directions},
    secrecy::{contains, database_bytes},
};

const BANK: &str = "https://bank.example";
const BANK_SECRET: &str = "sk_planted-bank-secret";
/// What the largest embedder in use sees.
const SIDE: u16 = 150;

/// An authority with a place for nod-evidence's socket, and a bank that asks for crops.
struct Bank {
    h: Harness,
    folder: tempfile::TempDir,
}

impl Bank {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("evidence.sock");
        let settings = format!("[evidence]\nsocket = \"{}\"", socket.display());
        let h = Harness::start_with(&settings).await;
        let mut bank = site("pk_bank", BANK, Level::Light, true);
        bank.evidence = true;
        h.register(bank, BANK_SECRET).await;
        h.enrol(&ANN, Level::Full).await;
        Self { h, folder }
    }

    fn examiner(&self, reply: Reply) -> Examiner {
        Examiner::listen(&self.folder.path().join("evidence.sock"), reply)
    }

    async fn ask_session(&self) -> harness::Reply {
        let request = json!({"sitekey": "pk_bank", "origin": BANK});
        self.h.post("/v1/sessions", &request).await
    }

    async fn session(&self) -> SessionReply {
        self.ask_session().await.json()
    }

    /// A still capture of Ann, changed, as the bank's page sends it.
    async fn verify(&self, change: impl FnOnce(&mut Payload)) -> harness::Reply {
        let session = self.session().await;
        let mut payload = with_crops(ANN.payload(40), [None; 3]);
        change(&mut payload);
        self.h.submit(&session, &payload).await
    }
}

/// Crops of three keyframes, taken at these frames of the track.
fn with_crops(mut payload: Payload, millis: [Option<u32>; 3]) -> Payload {
    let crop = |(seed, millis)| EvidenceCrop {
        millis,
        side: SIDE,
        rgb: pixels(seed).collect(),
    };
    payload.captures[0].crops = (0..).zip(millis).map(crop).collect();
    payload
}

fn pixels(seed: u64) -> impl Iterator<Item = u8> {
    let values = directions(7_000 + seed).map(|value| (128.0 + 127.0 * value) as u8);
    values.take(usize::from(SIDE) * usize::from(SIDE) * 3)
}

fn measured(least_cosine: f32, largest_residual: Option<f32>) -> Reply {
    Reply::Says(Ok(EvidenceMeasures {
        least_cosine,
        largest_residual,
    }))
}

async fn follow(bank: &Bank, session: &SessionReply) -> (Challenge, Payload) {
    let challenge = movement::draw(&bank.h, session).await;
    let payload = movement::capture(&ANN, head, &challenge);
    bank.h.wait(movement::seconds(&payload));
    let frames = &payload.track.as_ref().unwrap().frames;
    let moments = [2, 40, 60].map(|at: usize| Some(frames[at].millis));
    (challenge, with_crops(payload, moments))
}

#[tokio::test]
async fn crops_that_agree_with_embeddings_and_track_are_a_yes_and_leave_nothing_behind() {
    let bank = Bank::open().await;
    let examiner = bank.examiner(measured(0.9999, Some(0.04)));
    let session = bank.session().await;
    let (challenge, payload) = follow(&bank, &session).await;
    let body = bank.h.seal(&session, &challenge, &payload).await;
    assert!(body.len() > MAX_BODY);
    let reply = bank.h.post_sealed("/v1/verify", body).await;
    assert_eq!(reply.claims()["yes"], true);

    let asked = examiner.asked();
    let [asked] = asked.as_slice() else {
        panic!("asked {} times", asked.len())
    };
    let track = payload.track.as_ref().unwrap();
    assert_eq!(asked.model_set.as_str(), "open-1");
    assert_eq!(asked.landmark_model.as_ref(), Some(&track.landmark_model));
    assert_eq!(asked.items.len(), 3);
    for ((item, sent), at) in asked.items.iter().zip(0..).zip([2, 40, 60]) {
        assert!(item.crop.rgb.iter().copied().eq(pixels(sent as u64)));
        let keyframe = &payload.captures[0].keyframes[sent];
        assert!(item.keyframe.values() == keyframe.values());
        // A sealed track is in units of a fraction of a pixel.
        let (frame, recorded) = (item.frame.as_ref().unwrap(), &track.frames[at]);
        let near = |(a, b): (&f32, &f32)| (a - b).abs() < 0.2;
        assert!(frame.face.iter().zip(&recorded.face).all(near));
        assert_eq!(frame.points.len(), recorded.points.len());
        assert!(frame.points.iter().zip(&recorded.points).all(near));
    }

    let raw = database_bytes(&bank.h);
    let sent: Vec<u8> = pixels(0).collect();
    assert!(contains(&raw, b"pk_bank"), "the scan can find things");
    assert!(!sent.chunks(32).any(|part| contains(&raw, part)));
}

#[tokio::test]
async fn a_head_held_still_has_crops_and_no_track_to_hold_them_against() {
    let bank = Bank::open().await;
    let examiner = bank.examiner(measured(0.9999, None));
    assert_eq!(bank.verify(|_| {}).await.claims()["yes"], true);
    let asked = examiner.asked();
    assert!(asked[0].landmark_model.is_none());
    assert!(asked[0].items.iter().all(|item| item.frame.is_none()));
}

#[tokio::test]
async fn measures_beyond_a_limit_are_a_no() {
    let bank = Bank::open().await;
    for reply in [measured(0.9, Some(0.04)), measured(0.9999, Some(0.4))] {
        let _examiner = bank.examiner(reply);
        let session = bank.session().await;
        let (challenge, payload) = follow(&bank, &session).await;
        let body = bank.h.seal(&session, &challenge, &payload).await;
        let reply = bank.h.post_sealed("/v1/verify", body).await;
        assert_eq!(reply.claims()["yes"], false);
    }
    let metrics = bank.h.metrics().await;
    for check in ["crops_match_embeddings", "crops_match_track"] {
        let line = format!("nod_failed_checks_total{{check=\"{check}\"}} 1");
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[tokio::test]
async fn crops_that_nothing_can_be_made_of_are_a_no() {
    let bank = Bank::open().await;
    for refusal in [Refusal::UnreadableCrop, Refusal::WrongShape] {
        let _examiner = bank.examiner(Reply::Says(Err(refusal)));
        assert_eq!(bank.verify(|_| {}).await.claims()["yes"], false);
    }
}

#[tokio::test]
async fn crops_are_there_exactly_where_the_site_asks_for_them() {
    let bank = Bank::open().await;
    let examiner = bank.examiner(measured(1.0, Some(0.0)));
    let missing = bank.verify(|p| p.captures[0].crops.clear()).await;
    assert_eq!(missing.claims()["yes"], false);
    let dated = bank.verify(|p| p.captures[0].crops[1].millis = Some(5));
    assert_eq!(dated.await.claims()["yes"], false, "there is no track");
    let unasked = with_crops(ANN.payload(40), [None; 3]);
    assert_eq!(bank.h.verify_at_court(&unasked).await["yes"], false);
    assert!(examiner.asked().is_empty(), "there was nothing to ask");
    let metrics = bank.h.metrics().await;
    let line = "nod_failed_checks_total{check=\"evidence_as_asked\"} 3";
    assert!(metrics.contains(line), "{metrics}");
    assert_eq!(bank.verify(|_| {}).await.claims()["yes"], true);
}

#[tokio::test]
async fn consent_says_whether_crops_are_asked_for_and_is_another_text_then() {
    let bank = Bank::open().await;
    let _examiner = bank.examiner(measured(1.0, None));
    let (here, there) = (bank.session().await, bank.h.open_at_court().await);
    assert!(here.site.evidence && !there.site.evidence);
    assert_eq!(here.consent_version, "2+crops");
    assert_eq!(there.consent_version, "2");
}

#[tokio::test]
async fn nobody_is_asked_for_crops_while_nobody_can_look_at_them() {
    let bank = Bank::open().await;
    let terms = json!({"action": "efile-submit"});
    let secret = Some(BANK_SECRET);
    let minted = bank.h.post_with("/v1/sessions", secret, &terms).await;
    let minted: SiteSessionReply = minted.json();
    let claim = json!({"sitekey": "pk_bank", "origin": BANK, "session": minted.session});
    for refused in [
        bank.ask_session().await,
        bank.h.post("/v1/sessions", &claim).await,
    ] {
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.problem(), "net.busy");
        assert_eq!(refused.header("retry-after"), "2");
    }
    // Other sites need nobody.
    assert_eq!(bank.h.verify_at_court(&ANN.payload(40)).await["yes"], true);

    let examiner = bank.examiner(measured(1.0, None));
    let session: SessionReply = bank.h.post("/v1/sessions", &claim).await.json();
    examiner.leave().await;
    let path = format!("/v1/sessions/{}/challenge", session.session);
    let still = json!({"mode": "still"});
    let late = bank.h.post(&path, &still).await;
    assert_eq!(late.problem(), "net.busy");

    // Nothing was used up by that.
    let _examiner = bank.examiner(measured(1.0, None));
    let payload = with_crops(ANN.payload(40), [None; 3]);
    let reply = bank.h.submit(&session, &payload).await;
    assert_eq!(reply.claims()["yes"], true);
}

#[tokio::test]
async fn what_nobody_could_look_at_is_not_answered_and_counts_against_nobody() {
    let bank = Bank::open().await;
    type Fault = (&'static str, Reply);
    let faults: [Fault; 4] = [
        ("breaks off", Reply::BreaksOff),
        ("speaks another language", Reply::Speaks(b"HTTP/1.1 400")),
        (
            "has not the set",
            Reply::Says(Err(Refusal::UnknownModelSet)),
        ),
        ("failed", Reply::Says(Err(Refusal::Internal))),
    ];
    let unanswered = async |what: &str, examiner: Examiner, is_away: bool| {
        let session = bank.session().await;
        let challenge = bank.h.challenge(&session).await;
        let payload = with_crops(ANN.payload(40), [None; 3]);
        let body = bank.h.seal(&session, &challenge, &payload).await;
        if is_away {
            examiner.leave().await;
        }
        let refused = bank.h.post_sealed("/v1/verify", body.clone()).await;
        assert_eq!(refused.problem(), "net.busy", "{what}");
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{what}");
        // A body is taken once, whatever comes of it.
        let again = bank.h.post_sealed("/v1/verify", body).await;
        assert_eq!(again.problem(), "session.spent", "{what}");
    };
    for (what, reply) in faults {
        unanswered(what, bank.examiner(reply), false).await;
    }
    for _ in 0..3 {
        let examiner = bank.examiner(measured(1.0, None));
        unanswered("is away", examiner, true).await;
    }
    // More than the five failures that are free: none of it was one.
    let _examiner = bank.examiner(measured(1.0, None));
    assert_eq!(bank.verify(|_| {}).await.claims()["yes"], true);
}

#[tokio::test]
async fn only_captures_for_sites_may_be_as_large_as_crops_are() {
    let bank = Bank::open().await;
    let _examiner = bank.examiner(measured(1.0, None));
    let of = async |path: &str, length: usize| {
        let reply = bank.h.post_sealed(path, vec![0; length]).await;
        reply.problem()
    };
    assert_eq!(
        of("/v1/verify", MAX_EVIDENCE_BODY + 1).await,
        "seal.too_large"
    );
    assert_eq!(of("/v1/verify", MAX_EVIDENCE_BODY).await, "seal.malformed");
    assert_eq!(of("/v1/enrol", MAX_BODY + 1).await, "seal.too_large");
    let found: Value = bank.h.get("/.well-known/nod").await.json();
    assert_eq!(found["limits"]["verify_body"], MAX_EVIDENCE_BODY);
}

#[tokio::test]
async fn readiness_says_whether_anybody_looks_at_crops() {
    let bank = Bank::open().await;
    let ready = async || {
        let reply = bank.h.get("/readyz").await;
        let readiness: Value = serde_json::from_slice(&reply.body).unwrap();
        (reply.status, readiness["evidence"].clone())
    };
    let red = (StatusCode::SERVICE_UNAVAILABLE, json!("unavailable"));
    assert_eq!(ready().await, red);
    let examiner = bank.examiner(measured(1.0, None));
    assert_eq!(ready().await, (StatusCode::OK, json!("ok")));
    examiner.leave().await;
    assert_eq!(ready().await, red);

    let without: Value = Harness::start().await.get("/readyz").await.json();
    assert!(without.get("evidence").is_none());
}
