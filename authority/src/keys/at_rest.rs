//! The keys that encrypt the database: `at-rest.key` is number 1, `at-rest-2.key` its successor, and so on.
//!
//! A new one is known before it seals, so that every process that shares the database can open what any of them seals. An old
//! one goes when nothing is sealed with it any more: whoever retires it has looked.

use nod_protocol::random;
use zeroize::Zeroizing;

use super::{
    KeyError, KeySource, environment,
    files::{self, Step},
    source::json_text,
    times::Times,
};
use crate::{
    clock::UnixSeconds,
    vault::{AtRestKeys, KeyNumber},
};

/// The first key.
const FIRST: &str = "at-rest";
/// Others are called `at-rest-<number>`.
pub(super) const LATER: &str = "at-rest-";

/// Seconds from a key's time until every server seals with it: they look every ten, and a change may wait as long again.
const SETTLING: u64 = 30;

/// A key that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewAtRestKey {
    /// Its number.
    pub number: KeyNumber,
    /// It seals from here.
    pub in_use_from: UnixSeconds,
}

impl KeySource {
    /// All at-rest keys.
    pub fn at_rest(&self) -> Result<AtRestKeys, KeyError> {
        let mut numbers = Vec::new();
        for name in self.named(LATER)? {
            let number = name.as_str().parse().ok().filter(|number| *number >= 2);
            let number = number.ok_or_else(|| self.invalid(&format!("{LATER}{name}")))?;
            numbers.push(number);
        }
        numbers.sort_unstable();
        // The first may have been retired; without any, that it is missing is the error.
        let has_first = numbers.is_empty() || self.is_there(FIRST);
        let first = has_first.then(|| self.secret(FIRST)).transpose()?;
        let mut keys = first.map(AtRestKeys::first);
        for number in numbers {
            let key = self.secret(&name_of(number))?;
            let times: Option<Times> = self.json(&times_of(number))?;
            let from = times.unwrap_or_default().in_use_from;
            keys = Some(match keys {
                Some(keys) => keys.and(KeyNumber(number), key, from),
                None => AtRestKeys::only(KeyNumber(number), key, from),
            });
        }
        keys.ok_or_else(|| KeyError::NoKey("at-rest", self.dir()))
    }

    /// Makes the next key, which seals in some seconds.
    pub fn rotate_at_rest(
        &self,
        seals_in: u64,
        now: UnixSeconds,
    ) -> Result<NewAtRestKey, KeyError> {
        let _lock = self.locked()?;
        let newest = self.at_rest()?.numbers().map(|(number, _)| number.0).max();
        let number = newest.unwrap_or(1).checked_add(1);
        let number = number.ok_or(KeyError::Unsuitable(
            "key 255 is there: retire those before it and begin again with a new database",
        ))?;
        let in_use_from = now.saturating_add(seals_in);
        let times = Times {
            in_use_from,
            ..Times::default()
        };
        let key = Zeroizing::new(random::bytes::<32>()?);
        // The times first: a key without them would seal at once.
        let steps = [
            Step::Replace(times_of(number), json_text(&times)),
            Step::Private(
                format!("{}.key", name_of(number)),
                Zeroizing::new(key.to_vec()),
            ),
        ];
        files::apply(&self.dir(), &steps)?;
        Ok(NewAtRestKey {
            number: KeyNumber(number),
            in_use_from,
        })
    }

    /// Takes a key away that seals nothing any more. Whether anything is still sealed with it only the database knows: ask it
    /// first ([`crate::store::Store::sealed_otherwise`]).
    pub fn retire_at_rest(&self, number: KeyNumber, now: UnixSeconds) -> Result<(), KeyError> {
        let _lock = self.locked()?;
        let keys = self.at_rest()?;
        if !keys.numbers().any(|(other, _)| other == number) {
            return Err(KeyError::Unsuitable(
                "no at-rest key has this number: see `nod-authority at-rest status`",
            ));
        }
        if keys.sealing(now) <= number {
            return Err(KeyError::Unsuitable(
                "this at-rest key is in use, or will be: make another first with `nod-authority at-rest rotate`",
            ));
        }
        let sealing = keys.sealing(now);
        let mut times = keys.numbers();
        let since = times.find_map(|(number, from)| (number == sealing).then_some(from));
        if now < since.unwrap_or_default().saturating_add(SETTLING) {
            return Err(KeyError::Unsuitable(
                "the key in use is so for less than 30 seconds, and a server may still seal with this one: run `nod-authority \
                 at-rest reseal` and this again after that",
            ));
        }
        let name = match number {
            KeyNumber(1) => FIRST.to_owned(),
            KeyNumber(number) => name_of(number),
        };
        if self.is_variable(&name) {
            return Err(KeyError::Variable(environment::variable_of(&name)));
        }
        let steps = [
            Step::Remove(format!("{name}.key")),
            Step::Remove(times_of(number.0)),
        ];
        files::apply(&self.dir(), &steps)
    }
}

fn name_of(number: u8) -> String {
    format!("{LATER}{number}")
}

fn times_of(number: u8) -> String {
    format!("{LATER}{number}.json")
}
