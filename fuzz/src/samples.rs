//! What seeds are made of: the same numbers in every run, and small, because libFuzzer changes small inputs better.
#![expect(
    clippy::expect_used,
    reason = "constants; a seed that cannot be made shows in the first test"
)]

use nod_protocol::{
    challenge::{Challenge, Mode, Movement, Step},
    context::SessionContext,
    envelope::{Header, VERSION},
    ids::{
        Action, Bind, ClaimedId, KeyId, Level, ModelSetId, Nonce, Origin, Passcode, Purpose,
        RpNonce, SessionId, SiteKey,
    },
    payload::{Assertion, Embedding, EvidenceCrop, Payload, SetCapture, Track, TrackFrame},
};

/// The clock of every target: seconds since 1970.
pub(crate) const NOW: u64 = 1_800_000_000;
/// The authority.
pub(crate) const ISSUER: &str = "https://id.example.gov";
/// Numbers of an embedding; real ones have 128 to 512.
pub(crate) const DIMENSIONS: usize = 8;

pub(crate) fn set(name: &str) -> ModelSetId {
    ModelSetId::parse(name).expect("a model set")
}

pub(crate) fn site() -> SiteKey {
    SiteKey::parse("pk_court").expect("a site key")
}

pub(crate) fn kid(name: &str) -> KeyId {
    KeyId::parse(name).expect("a key id")
}

pub(crate) fn header() -> Header {
    Header {
        version: VERSION,
        session: SessionId::parse("s_AAAAAAAAAAAAAAAAAAAAAA").expect("a session"),
        key: kid("k1"),
        model_set: set("open-1"),
        build: [3; 32],
    }
}

pub(crate) fn challenge() -> Challenge {
    let step = |movement| Step {
        movement,
        millis: 1_600,
    };
    Challenge {
        nonce: Nonce::from_bytes([7; 32]),
        mode: Mode::Move,
        steps: vec![
            step(Movement::TurnLeft),
            step(Movement::LookUp),
            step(Movement::TurnRight),
            step(Movement::LookDown),
        ],
    }
}

pub(crate) fn context() -> SessionContext {
    SessionContext {
        purpose: Purpose::Verify,
        site_key: site(),
        origin: Origin::parse("https://court.example.gov").expect("an origin"),
        action: Action::parse("efile-submit").expect("an action"),
        level: Level::Full,
        ask: vec![],
        rp_nonce: RpNonce::parse("n-1").ok(),
        session_nonce: Nonce::from_bytes([1; 32]),
        bind: Bind::parse("sha256-0").ok(),
        challenge: challenge().hash(),
        consent_version: "2".into(),
        ticket: None,
    }
}

/// Embeddings of one person: near the same direction, none like the other.
pub(crate) fn embedding(number: u64) -> Embedding {
    let mut random = Random(number + 1);
    let numbers = (0..DIMENSIONS).map(|at| {
        let off = random.below(1000) as f32 / 10_000.0;
        1.0 + at as f32 / 10.0 + off
    });
    Embedding::normalised(numbers.collect()).expect("an embedding")
}

pub(crate) fn capture(name: &str, keyframes: u64) -> SetCapture {
    SetCapture {
        model_set: set(name),
        fused: embedding(0),
        keyframes: (1..=keyframes).map(embedding).collect(),
        crops: vec![],
    }
}

pub(crate) fn crop(millis: Option<u32>, side: u16) -> EvidenceCrop {
    let samples = usize::from(side) * usize::from(side) * 3;
    EvidenceCrop {
        millis,
        side,
        rgb: (0..samples).map(|at| (at * 37 % 251) as u8).collect(),
    }
}

/// A still capture.
pub(crate) fn payload() -> Payload {
    Payload {
        claim: ClaimedId::parse("11010519491231002X")
            .expect("an ID")
            .into(),
        passcode: Passcode::parse("27182818").ok(),
        captures: vec![capture("open-1", 3)],
        track: None,
        assertion: None,
    }
}

/// Of parts with these lengths.
pub(crate) fn assertion(lengths: [usize; 4]) -> Option<Assertion> {
    let [credential, authenticator_data, client_data, signature] = lengths.map(|n| vec![9; n]);
    let assertion = Assertion {
        credential,
        authenticator_data,
        client_data,
        signature,
    };
    assertion.checked()
}

/// A track of a few frames with so many points.
pub(crate) fn short_track(frames: u32, points: usize) -> Track {
    let frame = |at: u32| TrackFrame {
        millis: 40 + 100 * at,
        face: [10.0 + at as f32, 20.0, 128.0, 160.0],
        points: (0..2 * points)
            .map(|point| 30.0 + (point * 7 % 50) as f32 + at as f32 / 2.0)
            .collect(),
        quality: 0.8,
    };
    Track {
        landmark_model: "landmarks68 1.1 0.08".into(),
        frames: (0..frames).map(frame).collect(),
    }
}

/// Numbers that are the same in every run (xorshift64*).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as u32 % count
    }

    /// About normal, deviation 1: twelve uniform numbers.
    #[cfg(feature = "authority")]
    pub(crate) fn bell(&mut self) -> f64 {
        let sum: u32 = (0..12).map(|_| self.below(10_000)).sum();
        f64::from(sum) / 10_000.0 - 6.0
    }
}
