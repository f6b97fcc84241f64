//! A data directory with what an authority in use has: sites, residents with templates and passcodes, a cohort.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use nod_authority::keys::{self, root_public_key};
use nod_authority::passcode;
use nod_authority::store::{Enrolment, NewResident, Ticket};
use nod_authority::vault::TokenKind;
use nod_load::face::{Face, Likeness, fused};
use nod_load::random::Random;
use nod_protocol::context::TicketContext;
use nod_protocol::ids::{ClaimedId, Level, ModelSetId, Passcode, TicketId, TicketKind};
use nod_protocol::key_config::RootPublicKey;
use nod_protocol::payload::Embedding;

use crate::database::{self, Database};

/// A kind of site.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// In words, for the report.
    pub(crate) words: &'static str,
    pub(crate) level: Level,
}

/// The kinds that are measured. At both the head is moved.
pub(crate) const KINDS: [Kind; 2] = [
    Kind {
        name: "light",
        words: "face and movement, no passcode",
        level: Level::Light,
    },
    Kind {
        name: "full",
        words: "face, movement and passcode (Argon2id)",
        level: Level::Full,
    },
];

/// A registered relying party.
pub(crate) struct Site {
    pub(crate) kind: Kind,
    pub(crate) key: String,
    pub(crate) secret: String,
}

/// An enrolled resident.
pub(crate) struct Resident {
    pub(crate) id: String,
    pub(crate) passcode: String,
    pub(crate) face: Face,
}

/// All of it.
pub(crate) struct Town {
    pub(crate) data: PathBuf,
    pub(crate) root: RootPublicKey,
    pub(crate) set: ModelSetId,
    pub(crate) likeness: Likeness,
    pub(crate) sites: Vec<Site>,
    pub(crate) residents: Vec<Resident>,
}

/// The page that embeds the widget.
pub(crate) const ORIGIN: &str = "http://court.localhost:8081";
/// What residents confirm there.
pub(crate) const ACTION: &str = "check-in";
/// Residents; enough for a cohort.
pub(crate) const RESIDENTS: usize = 600;
/// The first live set of the manifest.
pub(crate) const SET: &str = "open-1";

impl Town {
    /// Makes it with the authority's own program and store.
    /// `data` is where it will be, `dist` has the widget's files.
    pub(crate) fn found(
        program: &Path,
        data: &Path,
        dist: &Path,
        database: &Database,
        seed: u64,
        residents: usize,
    ) -> Result<Self> {
        let authority = Program {
            program,
            data,
            database,
        };
        let dist_name = dist.to_str().context("a folder whose name is no text")?;
        let listen = ["--listen", "127.0.0.1:0", "--dist", dist_name];
        authority.run(&[&["init"], listen.as_slice()].concat())?;
        let mut sites = Vec::new();
        for kind in KINDS {
            sites.push(Site::register(&authority, kind)?);
        }
        let mut random = Random::branch(seed, "town", 0);
        let set = ModelSetId::parse(SET)?;
        let likeness = Likeness::of(SET, dimensions(dist)?);
        let residents: Vec<Resident> = (0..residents)
            .map(|number| Resident::any(number, likeness, &mut random))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build()?;
        runtime.block_on(enrol(&authority, &set, &residents, &mut random))?;
        authority.run(&["cohort", "draw"])?;
        Ok(Self {
            root: root_public_key(data)?,
            data: data.to_owned(),
            set,
            likeness,
            sites,
            residents,
        })
    }
}

impl Site {
    pub(crate) fn register(authority: &Program<'_>, kind: Kind) -> Result<Self> {
        let key = format!("pk_{}", kind.name);
        let action = format!("{ACTION}=Check in to your room");
        let counter = format!("{ORIGIN}/counter");
        let printed = authority.run(&[
            "site",
            "add",
            "--json",
            "--sitekey",
            &key,
            "--name",
            kind.name,
            "--origin",
            ORIGIN,
            "--alternative",
            &counter,
            "--action",
            &action,
            "--level",
            kind.level.as_str(),
        ])?;
        let printed: serde_json::Value = serde_json::from_slice(&printed)?;
        let secret = printed["secret"].as_str().context("no secret")?.to_owned();
        Ok(Self { kind, key, secret })
    }
}

impl Resident {
    pub(crate) fn any(number: usize, likeness: Likeness, random: &mut Random) -> Self {
        Self {
            id: format!("LOAD-{number:06}"),
            passcode: format!("{:08}", random.below(100_000_000)),
            face: Face::any(likeness, random),
        }
    }

    /// Seven looks of a session, and what they are together.
    pub(crate) fn looks(face: &Face, random: &mut Random) -> Result<(Vec<Embedding>, Embedding)> {
        let keyframes: Result<Vec<_>, _> = (0..7).map(|_| face.look(random)).collect();
        let keyframes = keyframes?;
        let together = fused(&keyframes)?;
        Ok((keyframes, together))
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Enrols all of them at level full, as the authority's enrolment stores them.
async fn enrol(
    authority: &Program<'_>,
    set: &ModelSetId,
    residents: &[Resident],
    random: &mut Random,
) -> Result<()> {
    let vault = Arc::new(keys::vault(authority.data, now())?);
    let store = authority.database.store(authority.data, vault).await?;
    let hashes = passcode_hashes(residents)?;
    for ((number, resident), hash) in residents.iter().enumerate().zip(&hashes) {
        let claimed_id = ClaimedId::parse(&resident.id)?;
        let id = TicketId::parse(&format!("load{number}"))?;
        let ticket = Ticket {
            context: TicketContext {
                claimed_id_hash: claimed_id.hash_for_ticket(&id),
                id,
                level: Level::Full,
                consent_version: "2".into(),
                issuer: "load".into(),
                kind: TicketKind::Live,
            },
            expires_at: now() + 600,
            spent: false,
            at_terminal: false,
        };
        let code = store
            .vault()
            .token_hash(TokenKind::TicketCode, &resident.id);
        store.add_ticket(&ticket, &code, None, now()).await?;
        let (_, looks) = Resident::looks(&resident.face, random)?;
        let template = store.vault().protect(set, looks.values().len(), &looks)?;
        let new = NewResident {
            claimed_id: &claimed_id,
            passcode: Some(hash),
            templates: vec![(set, &template)],
            ticket: &ticket.context,
            registration: None,
        };
        ensure!(
            store.enrol(&new, now()).await? == Enrolment::Stored,
            "a resident was not enrolled"
        );
    }
    store.close().await;
    Ok(())
}

/// On all of this process's cores: each takes tens of milliseconds.
fn passcode_hashes(residents: &[Resident]) -> Result<Vec<String>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = residents.len().div_ceil(threads);
    let hashed = |residents: &[Resident]| -> Result<Vec<String>> {
        let hash = |resident: &Resident| {
            let passcode = Passcode::parse(&resident.passcode)?;
            Ok(passcode::hash(&passcode)?)
        };
        residents.iter().map(hash).collect()
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = residents
            .chunks(part)
            .map(|residents| scope.spawn(move || hashed(residents)))
            .collect();
        let mut hashes = Vec::with_capacity(residents.len());
        for part in parts {
            let part = part.join().ok().context("a hashing thread died")?;
            hashes.extend(part?);
        }
        Ok(hashes)
    })
}

/// Numbers of an embedding of the set.
pub(crate) fn dimensions(dist: &Path) -> Result<usize> {
    let text = fs::read_to_string(dist.join("models/manifest.json"))?;
    let manifest: serde_json::Value = serde_json::from_str(&text)?;
    let sets = manifest["sets"].as_array().context("no sets")?;
    let set = sets.iter().find(|set| set["id"] == SET);
    let size = set.and_then(|set| set["embedding"]["size"].as_u64());
    Ok(usize::try_from(
        size.context("the manifest has no such set")?,
    )?)
}

/// The authority's program on one data directory and database.
#[derive(Clone, Copy)]
pub(crate) struct Program<'a> {
    pub(crate) program: &'a Path,
    pub(crate) data: &'a Path,
    pub(crate) database: &'a Database,
}

impl Program<'_> {
    /// One of its commands; returns what it prints.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let mut command = Command::new(self.program);
        let url = self.database.url().map(|url| (database::VARIABLE, url));
        command
            .args(arguments)
            .arg("--data")
            .arg(self.data)
            .envs(url);
        let output = command.output();
        let output = output.with_context(|| format!("cannot start {}", self.program.display()))?;
        ensure!(
            output.status.success(),
            "nod-authority {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(output.stdout)
    }
}
