//! One resident's attempt from an opened session to a sealed body: the pipeline and the course of the capture
//! together. Everything the browser's bindings do beyond moving bytes happens here, and runs natively too.

mod claimed;
mod stage;

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::codes::Code;
use nod_protocol::http::{ChallengeReply, KeysReply, SessionReply, SiteView};
use nod_protocol::ids::{Action, Level, ModelSetId, Purpose, Question, SessionId};
use nod_protocol::key_config::RootPublicKey;
use nod_protocol::payload::key_challenge;
use serde::Serialize;

pub use claimed::{Claimed, Signed};

use crate::capture::Glance;
use crate::failure::Failure;
use crate::follow::Follower;
use crate::image::Frame;
use crate::liveness::Cue;
use crate::manifest::{Manifest, ModelFile};
use crate::pipeline::{Models, Pipeline};
use crate::quality::{Hints, Motion, Patience};
use crate::seal::{Session, seal};
use stage::Stage;

/// The widget's whole state.
pub struct Attempt {
    root: RootPublicKey,
    build: [u8; 32],
    manifest: Option<Manifest>,
    models: Models,
    pipelines: Vec<(ModelSetId, Pipeline)>,
    session: Option<Session>,
    stage: Stage,
    follower: Follower,
    hints: Hints,
    motion: Motion,
    patience: Patience,
}

/// What the frame shows while the camera runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// `positioning`, `ready`, `capturing` or `captured`.
    pub phase: &'static str,
    /// What the resident should change; stays inside the frame.
    pub hint: Option<Code>,
    /// Part of the keyframes taken or the movements made, 0 to 1.
    pub progress: f32,
    /// What to do now, while a movement challenge is followed.
    pub cue: Option<Cue>,
}

/// What consent shows of a session.
#[derive(Clone, Debug, Serialize)]
pub struct SessionView {
    /// The session, which the frame may offer to a phone.
    pub session: SessionId,
    /// Verify or enrol.
    pub purpose: Purpose,
    /// What the site registered.
    pub site: SiteView,
    /// The level asked for.
    pub level: Level,
    /// What is being confirmed.
    pub action: Action,
    /// Questions beyond identity.
    pub ask: Vec<Question>,
    /// Seconds.
    pub expires_in: u64,
    /// The models of these sets must be loaded.
    pub model_sets: Vec<ModelSetId>,
    /// Whether a still capture is allowed.
    pub still: bool,
    /// Whether an operator of a terminal waits for the enrolment.
    pub at_terminal: bool,
    /// What a device key is to sign, in base64url: for this session alone.
    pub key_challenge: String,
}

/// A sealed body and where it goes.
pub struct Sealed {
    /// Decides the address.
    pub purpose: Purpose,
    /// An encoded envelope.
    pub body: Vec<u8>,
}

impl Attempt {
    /// `root` is the key that signs the authority's sealing keys; `build` the SHA-256 of the wasm.
    pub fn new(root: RootPublicKey, build: [u8; 32]) -> Self {
        Self {
            root,
            build,
            manifest: None,
            models: Models::default(),
            pipelines: Vec::new(),
            session: None,
            stage: Stage::start(),
            follower: Follower::default(),
            hints: Hints::default(),
            motion: Motion::default(),
            patience: Patience::default(),
        }
    }

    /// Takes the manifest that all models are checked against.
    pub fn set_manifest(&mut self, json: &str) -> Result<(), Failure> {
        self.manifest = Some(Manifest::parse(json)?);
        Ok(())
    }

    /// The files that these model sets need.
    pub fn models_needed(&self, sets: &[String]) -> Result<Vec<&ModelFile>, Failure> {
        Ok(self.manifest()?.needed(sets)?)
    }

    /// Checks and prepares one model.
    pub fn load_model(&mut self, name: &str, plan: &[u8]) -> Result<(), Failure> {
        let manifest = self.manifest.as_ref().ok_or(Code::EnvAssetFetch)?;
        Ok(self.models.load(manifest, name, plan)?)
    }

    /// Begins anew with a session; `now` is in seconds since 1970, for the validity of the keys.
    pub fn open(
        &mut self,
        reply: SessionReply,
        keys: &KeysReply,
        now: u64,
    ) -> Result<SessionView, Failure> {
        let key = self.root.choose(&keys.keys, now)?;
        let view = SessionView {
            session: reply.session.clone(),
            purpose: reply.purpose,
            site: reply.site.clone(),
            level: reply.level,
            action: reply.action.clone(),
            ask: reply.ask.clone(),
            expires_in: reply.expires_in,
            model_sets: reply.model_sets.clone(),
            still: reply.site.still,
            at_terminal: reply.ticket.as_ref().is_some_and(|it| it.at_terminal),
            key_challenge: Base64UrlUnpadded::encode_string(&key_challenge(
                &reply.session,
                &reply.session_nonce,
            )),
        };
        self.session = Some(Session { reply, key });
        self.begin_again();
        Ok(view)
    }

    /// Looks at one camera frame, taken at `at` (milliseconds, any origin), and moves the capture on.
    pub fn look(&mut self, frame: &Frame<'_>, at: u64) -> Result<Progress, Failure> {
        let purpose = self.assemble()?;
        let stage = std::mem::replace(&mut self.stage, Stage::start());
        // Every set looks when a keyframe may be taken; otherwise the first one is enough.
        let count = if stage.takes_keyframes() {
            self.pipelines.len()
        } else {
            1
        };
        let last = self.follower.last().filter(|_| stage.may_follow());
        let looks = self.pipelines.iter().take(count);
        let looks = looks.map(|(_, pipeline)| match last {
            Some(last) => pipeline.follow(frame, last),
            None => pipeline.look(frame),
        });
        let shown = self.hints.shown();
        let (mut faults, mut seen) = (Vec::new(), Vec::with_capacity(count));
        for look in looks {
            match look {
                Ok(look) => {
                    match &look.seen {
                        Some(seen) => faults.extend(seen.quality.faults(purpose, shown)),
                        None => faults.extend(look.hint),
                    }
                    seen.extend(look.seen);
                }
                Err(error) => {
                    self.stage = stage;
                    return Err(error.into());
                }
            }
        }
        let mut fault = self.patience.observe(at, purpose, faults.into_iter());
        // A moving head blurs the picture: the cause is the better hint.
        if let (None | Some(Code::HintBlurred), Some(first)) = (fault, seen.first()) {
            fault = self.motion.observe(at, &first.points, shown).or(fault);
        }
        let hint = self.hints.observe(at, fault);
        let good = fault.is_none() && seen.len() == count;
        let score = seen.first().map_or(0.0, |s| s.quality.score());
        let glance = Glance { at, good, score };
        let evidence = self.keeps_crops();
        let (stage, failed) = stage.observe(&self.pipelines, frame, &seen, glance, evidence);
        self.stage = stage;
        self.follower.note(seen.into_iter().next());
        match failed {
            Some(failure) => Err(failure),
            None => Ok(Progress {
                hint,
                ..self.stage.progress()
            }),
        }
    }

    /// The session to ask a challenge for; allowed when a face is in place.
    pub fn ask(&mut self) -> Result<SessionId, Failure> {
        let session = self.session.as_ref().ok_or(Code::SessionUnknown)?;
        match std::mem::replace(&mut self.stage, Stage::start()) {
            Stage::Ready(ready) => {
                self.stage = Stage::Asked(ready.ask());
                Ok(session.reply.session.clone())
            }
            other => {
                self.stage = other;
                Err(Code::CapturePositioning.into())
            }
        }
    }

    /// The challenge has come, or it was refused and positioning begins again.
    pub fn challenged(
        &mut self,
        reply: Result<ChallengeReply, Failure>,
    ) -> Result<ChallengeReply, Failure> {
        match (std::mem::replace(&mut self.stage, Stage::start()), reply) {
            (Stage::Asked(asked), Ok(reply)) => {
                let (challenge, evidence) = (reply.challenge.clone(), self.keeps_crops());
                self.stage = Stage::begin(asked, challenge, &self.pipelines, evidence);
                Ok(reply)
            }
            (_, Err(failure)) => Err(failure),
            // A reset came in between.
            (_, Ok(_)) => Err(Code::CapturePositioning.into()),
        }
    }

    /// Seals what was captured. Capture and session are gone afterwards, also when sealing failed.
    ///
    /// The texts are as typed or kept.
    pub fn seal(&mut self, claimed: &Claimed<'_>) -> Result<Sealed, Failure> {
        // Before anything is given up: a slip of the finger must not cost the capture.
        let (claim, factor) = claimed.parse()?;
        let captured = match std::mem::replace(&mut self.stage, Stage::start()) {
            Stage::Captured(captured) => captured,
            other => {
                self.stage = other;
                return Err(Code::CaptureHolding.into());
            }
        };
        let session = self.session.take().ok_or(Code::SessionUnknown)?;
        let (challenge, embeddings, track) = captured.into_parts();
        let ids = self.pipelines.iter().map(|(id, _)| id.clone());
        let body = seal(
            &session,
            self.build,
            &challenge,
            ids.zip(embeddings).collect(),
            track,
            claim,
            factor,
        )?;
        Ok(Sealed {
            purpose: session.reply.purpose,
            body,
        })
    }

    /// Forgets session and capture; manifest and models stay loaded.
    pub fn reset(&mut self) {
        self.session = None;
        self.begin_again();
    }

    /// Whether the session's site asks for evidence, as consent has said. An enrolment is no site's.
    fn keeps_crops(&self) -> bool {
        self.session.as_ref().is_some_and(|session| {
            session.reply.site.evidence && session.reply.purpose == Purpose::Verify
        })
    }

    fn manifest(&self) -> Result<&Manifest, Failure> {
        self.manifest.as_ref().ok_or(Code::EnvAssetFetch.into())
    }

    fn begin_again(&mut self) {
        self.pipelines.clear();
        self.stage = Stage::start();
        self.follower = Follower::default();
        self.hints = Hints::default();
        self.motion = Motion::default();
        self.patience = Patience::default();
    }

    /// Puts the session's model sets together, once their models are loaded; says what the session is for.
    fn assemble(&mut self) -> Result<Purpose, Failure> {
        let session = self.session.as_ref().ok_or(Code::SessionUnknown)?;
        let purpose = session.reply.purpose;
        if !self.pipelines.is_empty() {
            return Ok(purpose);
        }
        let manifest = self.manifest()?;
        let mut pipelines = Vec::new();
        for id in &session.reply.model_sets {
            let pipeline = Pipeline::assemble(manifest, id.as_str(), &self.models)?;
            pipelines.push((id.clone(), pipeline));
        }
        if pipelines.is_empty() {
            return Err(Code::ConfigBadSession.into());
        }
        self.pipelines = pipelines;
        Ok(purpose)
    }
}
