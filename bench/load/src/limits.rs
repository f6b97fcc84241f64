//! What no authority can be faster than, on the same cores: the cryptography of one verification, one Argon2id, one
//! durable write. A program of its own (`nod-load limits`), so that it can be put on the authority's cores.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nod_authority::passcode;
use nod_authority::store::{Session, State, Store};
use nod_authority::vault::{AtRestKeys, Vault};
use nod_load::face::{Face, Likeness};
use nod_load::performance;
use nod_load::random::Random;
use nod_protocol::answer::{AnswerKey, Claims};
use nod_protocol::context::SessionContext;
use nod_protocol::envelope::{Envelope, Header, VERSION};
use nod_protocol::ids::{
    Action, ClaimedId, KeyId, Level, ModelSetId, Nonce, Origin, Passcode, Purpose, SessionId,
    SiteKey,
};
use nod_protocol::payload::{MAX_DIMENSIONS, Payload, SetCapture, Track};
use nod_protocol::seal::{SealKeyPair, open, seal};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::server::processor_time;
use crate::town::Resident;

/// Measures the limits on the cores it is given, and prints them as JSON.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder with `performances`; a database is made in it and removed.
    #[arg(long)]
    dir: PathBuf,
    /// Threads: as many as cores.
    #[arg(long)]
    threads: usize,
}

/// The limits.
#[derive(Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Bytes of the sealed body that was opened.
    pub(crate) body: usize,
    /// HPKE open and ES256 sign, if they were all there is to a verification.
    pub(crate) crypto: Rate,
    /// HPKE open alone.
    pub(crate) open: Rate,
    /// HPKE open of a body with a track, which is decoded too: no cryptography, and no authority can do without.
    pub(crate) open_and_decode: Rate,
    /// ES256 over real claims alone.
    pub(crate) sign: Rate,
    /// HPKE open, ES256 sign and one Argon2id.
    pub(crate) crypto_and_argon2: Rate,
    /// Argon2id alone.
    pub(crate) argon2: Rate,
    /// Milliseconds of one session written durably, one after the other.
    pub(crate) write: f64,
}

/// How fast something is.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Rate {
    /// Per second, on all the authority's cores.
    pub(crate) per_second: f64,
    /// Milliseconds of processor time for one: what is left when other programs want the same cores.
    pub(crate) cpu: f64,
}

/// How long each is tried.
const TIME: Duration = Duration::from_millis(1_500);

impl Limits {
    /// Has them measured on the authority's cores.
    pub(crate) fn measured(machine: &Machine, dir: &Path) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = machine.on_the_authoritys_cores(&program);
        command.arg("limits").arg("--dir").arg(dir);
        command.args(["--threads", &machine.authority.to_string()]);
        let output = command.output().context("no `taskset` (util-linux)")?;
        ensure!(
            output.status.success(),
            "the limits were not measured: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).context("limits that are none")
    }
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> Result<()> {
    let work = Work::new(&options.dir)?;
    let threads = options.threads;
    let per_second = |call: &(dyn Fn() -> bool + Sync)| rate(threads, call);
    let both = || work.opens(&work.plain) && work.signs();
    let all = || both() && work.hashes();
    let limits = Limits {
        body: work.body.encode().len(),
        crypto: per_second(&both)?,
        open: per_second(&|| work.opens(&work.plain))?,
        open_and_decode: per_second(&|| work.opens(&work.body))?,
        sign: per_second(&|| work.signs())?,
        crypto_and_argon2: per_second(&all)?,
        argon2: per_second(&|| work.hashes())?,
        write: write(&options.dir)?,
    };
    nod_load::terminal::say(&serde_json::to_string(&limits)?);
    Ok(())
}

/// A body like those that are driven with, and the keys for it.
struct Work {
    key: SealKeyPair,
    context: SessionContext,
    /// With a track.
    body: Envelope,
    /// As long, without one: long embeddings are copied and little else.
    plain: Envelope,
    answer: AnswerKey,
    claims: Claims,
    passcode: Passcode,
    hash: String,
}

impl Work {
    fn new(dir: &Path) -> Result<Self> {
        let performances = performance::read(&dir.join("performances"))?;
        let middle = performances.get(performances.len() / 2);
        let mut random = Random::seeded(1);
        let face = Face::any(Likeness::of("open-1", 256), &mut random);
        let track = middle.map(performance::Performance::track);
        let key = SealKeyPair::generate()?;
        let context = context()?;
        let body = body(&key, &context, &face, &mut random, track)?;
        let long = Face::any(Likeness::of("open-1", MAX_DIMENSIONS), &mut random);
        let plain = body_as_long(&key, &context, &long, &mut random, &body)?;
        let claims = Claims::new("https://id.example.gov", &context, true, Level::Light, 0)?;
        let passcode = Passcode::parse("94730528")?;
        Ok(Self {
            hash: passcode::hash(&passcode)?,
            answer: AnswerKey::generate("load")?,
            key,
            context,
            body,
            plain,
            claims,
            passcode,
        })
    }

    fn opens(&self, body: &Envelope) -> bool {
        open(&self.key, body, &self.context).is_ok()
    }

    fn signs(&self) -> bool {
        !self.answer.sign(&self.claims).is_empty()
    }

    fn hashes(&self) -> bool {
        passcode::verify(Some(&self.passcode), &self.hash) == Ok(true)
    }
}

/// What the widget seals of such looks and such a track.
fn body(
    key: &SealKeyPair,
    context: &SessionContext,
    face: &Face,
    random: &mut Random,
    track: Option<Track>,
) -> Result<Envelope> {
    let (keyframes, fused) = Resident::looks(face, random)?;
    let model_set = ModelSetId::parse("open-1")?;
    let payload = Payload {
        claim: ClaimedId::parse("LOAD-000000")?.into(),
        passcode: None,
        captures: vec![SetCapture {
            model_set: model_set.clone(),
            fused,
            keyframes,
            crops: vec![],
        }],
        track,
        assertion: None,
    };
    let header = Header {
        version: VERSION,
        session: SessionId::random()?,
        key: KeyId::parse("load")?,
        model_set,
        build: [0; 32],
    };
    Ok(seal(&key.public_key(), header, context, &payload)?)
}

/// Of nothing but embeddings, long enough to be about as long as the other.
fn body_as_long(
    key: &SealKeyPair,
    context: &SessionContext,
    face: &Face,
    random: &mut Random,
    other: &Envelope,
) -> Result<Envelope> {
    let body = body(key, context, face, random, None)?;
    let (long, length) = (body.ciphertext.len(), other.ciphertext.len());
    ensure!(
        2 * long > length && long < 2 * length,
        "bodies of {long} and {length} bytes are not compared"
    );
    Ok(body)
}

fn context() -> Result<SessionContext> {
    Ok(SessionContext {
        purpose: Purpose::Verify,
        site_key: SiteKey::parse("pk_light")?,
        origin: Origin::parse("https://court.example.gov")
            .ok()
            .context("origin")?,
        action: Action::parse("check-in")?,
        level: Level::Light,
        ask: vec![],
        rp_nonce: None,
        session_nonce: Nonce::random()?,
        bind: None,
        challenge: [7; 32],
        consent_version: "2".into(),
        ticket: None,
    })
}

/// How often a second all threads together do this.
fn rate(threads: usize, call: &(dyn Fn() -> bool + Sync)) -> Result<Rate> {
    let stop = AtomicBool::new(false);
    let work = || {
        let mut count = 0_u32;
        while !stop.load(Ordering::Relaxed) && call() {
            count += 1;
        }
        f64::from(count)
    };
    let (before, began) = (processor_time("self")?, Instant::now());
    let done = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        std::thread::sleep(TIME);
        stop.store(true, Ordering::Relaxed);
        let done = threads.into_iter().map(|thread| thread.join().ok());
        done.sum::<Option<f64>>()
    });
    let done = done.context("a measuring thread died")?;
    ensure!(done > 0.0, "what is measured does not work");
    let cpu = processor_time("self")? - before;
    Ok(Rate {
        per_second: done / began.elapsed().as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e3 / done,
    })
}

/// Milliseconds for one session in a fresh database beside the real one, on the same disk.
fn write(dir: &Path) -> Result<f64> {
    let folder = dir.join("write");
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build()?;
    let (count, time) = runtime.block_on(async {
        let vault = Arc::new(Vault::new(
            &AtRestKeys::first([1; 32].into()),
            [2; 32].into(),
            0,
        ));
        let store = Store::open(&folder.join("nod.sqlite"), vault, true).await?;
        let (mut count, began) = (0_u32, Instant::now());
        while began.elapsed() < TIME {
            store.add_session(&session()?).await?;
            count += 1;
        }
        let time = began.elapsed();
        store.close().await;
        Ok::<_, anyhow::Error>((count, time))
    })?;
    std::fs::remove_dir_all(&folder)?;
    Ok(time.as_secs_f64() * 1e3 / f64::from(count))
}

fn session() -> Result<Session> {
    let context = context()?;
    Ok(Session {
        id: SessionId::random()?,
        purpose: context.purpose,
        site_key: context.site_key,
        origin: Some(context.origin),
        action: context.action,
        level: context.level,
        ask: vec![],
        rp_nonce: None,
        bind: None,
        expected_sub: None,
        session_nonce: context.session_nonce,
        consent_version: context.consent_version,
        ticket_id: None,
        handoff: None,
        state: State::Open,
        challenge: None,
        expires_at: 1_900_000_000,
    })
}
