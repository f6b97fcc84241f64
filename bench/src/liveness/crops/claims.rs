//! What is sealed of a session: the truth, or what an attacker puts in its place. The attacker is who moved; the victim is
//! somebody of whom the attacker has photographs.

use anyhow::{Context, Result};
use nod_protocol::payload::{Embedding, EvidenceCrop, TrackFrame};

use super::super::species::Expected;
use super::bent;
use super::key::Key;
use super::studio::{Session, Studio};
use crate::random::Random;

/// One keyframe as sealed.
pub(super) struct Claim<'a> {
    pub(super) crop: Part<'a, EvidenceCrop>,
    pub(super) embedding: Part<'a, Embedding>,
    /// The track's frame that the crop says it is from.
    pub(super) frame: &'a TrackFrame,
    /// Of a crop that was changed, the embedding's cosine to that of the picture it was made of: what is left of the victim.
    pub(super) left: Option<f32>,
}

/// Borrowed from a session, or made for the attack.
pub(super) enum Part<'a, T> {
    Of(&'a T),
    Own(T),
}

impl<T> AsRef<T> for Part<'_, T> {
    fn as_ref(&self) -> &T {
        match self {
            Self::Of(part) => part,
            Self::Own(part) => part,
        }
    }
}

impl<'a> Claim<'a> {
    /// What the widget seals.
    pub(super) fn own(key: &'a Key) -> Self {
        Self {
            crop: Part::Of(&key.crop),
            embedding: Part::Of(&key.embedding),
            frame: &key.frame,
            left: None,
        }
    }

    /// A picture of somebody else over one's own landmarks.
    fn spliced(picture: &'a Key, frame: &'a TrackFrame) -> Self {
        Self {
            frame,
            ..Self::own(picture)
        }
    }
}

/// One way of attacking.
pub(super) struct Species {
    pub(super) name: &'static str,
    pub(super) expected: Expected,
    pub(super) claims: for<'a> fn(&'a Studio, &'a Session, &mut Random) -> Result<Vec<Claim<'a>>>,
}

/// Attacks on the evidence.
pub(super) const ATTACKS: [Species; 6] = [
    Species {
        name: "naive splice, the attacker's own crops",
        expected: Expected::Refuse(0.0),
        claims: own_crops,
    },
    Species {
        name: "informed splice, embeddings of other pictures",
        expected: Expected::Refuse(0.0),
        claims: other_pictures,
    },
    Species {
        name: "face swapped halfway, with its crops",
        expected: Expected::Refuse(0.05),
        claims: halfway,
    },
    Species {
        name: "informed splice with crops",
        expected: Expected::Refuse(0.05),
        claims: spliced,
    },
    Species {
        name: "informed splice, best of 8 pictures each",
        expected: Expected::Refuse(0.05),
        claims: best,
    },
    Species {
        name: "informed splice, crops bent to the landmarks",
        expected: Expected::Nothing,
        claims: bent_to_fit,
    },
];

/// Pictures to choose from, for each keyframe.
const CHOICE: usize = 8;

fn own_crops<'a>(
    studio: &'a Studio,
    session: &'a Session,
    random: &mut Random,
) -> Result<Vec<Claim<'a>>> {
    with_pictures(studio, session, random, |key, picture| {
        Ok(Claim {
            embedding: Part::Of(&picture.embedding),
            ..Claim::own(key)
        })
    })
}

/// The embeddings are the victim's, stolen elsewhere; the crops are of photographs that the attacker has.
fn other_pictures<'a>(
    studio: &'a Studio,
    session: &'a Session,
    random: &mut Random,
) -> Result<Vec<Claim<'a>>> {
    let victim = studio.somebody_else(session.portrait, random)?;
    let stolen = studio.photographs_of(studio.another_of(victim, random), random);
    let own = studio.photographs_of(victim, random);
    let pairs = own
        .into_iter()
        .zip(stolen)
        .filter(|(a, b)| !std::ptr::eq(*a, *b));
    let claims = session
        .keys
        .iter()
        .zip(pairs)
        .map(|(key, (own, stolen))| Claim {
            embedding: Part::Of(&stolen.embedding),
            ..Claim::spliced(own, &key.frame)
        });
    Ok(claims.collect())
}

fn halfway<'a>(
    studio: &'a Studio,
    session: &'a Session,
    random: &mut Random,
) -> Result<Vec<Claim<'a>>> {
    let half = session.keys.len() / 2;
    let own = session.keys.iter().take(half).map(Claim::own);
    let other = spliced(studio, session, random)?.into_iter().skip(half);
    Ok(own.chain(other).collect())
}

fn spliced<'a>(
    studio: &'a Studio,
    session: &'a Session,
    random: &mut Random,
) -> Result<Vec<Claim<'a>>> {
    with_pictures(studio, session, random, |key, picture| {
        Ok(Claim::spliced(picture, &key.frame))
    })
}

/// The attacker runs the examiner's own code on several pictures, and takes for each frame the one that fits best and was
/// not taken before.
fn best<'a>(
    studio: &'a Studio,
    session: &'a Session,
    random: &mut Random,
) -> Result<Vec<Claim<'a>>> {
    let victim = studio.somebody_else(session.portrait, random)?;
    let mut pictures = studio.photographs_of(victim, random);
    let other = studio.another_of(victim, random);
    if other != victim {
        pictures.extend(studio.photographs_of(other, random));
    }
    random.shuffle(&mut pictures);
    let mut claims = Vec::new();
    for key in &session.keys {
        let mut best: Option<(f32, usize)> = None;
        for (at, picture) in pictures.iter().enumerate().take(CHOICE) {
            let residual = studio.residual(&picture.crop, &key.frame)?;
            if best.is_none_or(|(least, _)| residual < least) {
                best = Some((residual, at));
            }
        }
        let (_, at) = best.context("too few pictures")?;
        claims.push(Claim::spliced(pictures.swap_remove(at), &key.frame));
        let next = CHOICE.min(pictures.len());
        pictures.rotate_left(next);
    }
    Ok(claims)
}

/// The victim's crops, bent so that their landmarks lie where the attacker's are.
fn bent_to_fit<'a>(
    studio: &'a Studio,
    session: &'a Session,
    random: &mut Random,
) -> Result<Vec<Claim<'a>>> {
    with_pictures(studio, session, random, |key, picture| {
        let crop = bent::to_fit(picture, &key.frame, &studio.template)?;
        let embedding = studio.embed(&crop)?;
        Ok(Claim {
            left: embedding.cosine(&picture.embedding),
            embedding: Part::Own(embedding),
            crop: Part::Own(crop),
            frame: &key.frame,
        })
    })
}

/// A photograph of one victim for each keyframe.
fn with_pictures<'a>(
    studio: &'a Studio,
    session: &'a Session,
    random: &mut Random,
    claim: impl Fn(&'a Key, &'a Key) -> Result<Claim<'a>>,
) -> Result<Vec<Claim<'a>>> {
    let victim = studio.somebody_else(session.portrait, random)?;
    let pictures = studio.photographs_of(victim, random);
    let claims = session.keys.iter().zip(pictures);
    claims.map(|(key, picture)| claim(key, picture)).collect()
}
