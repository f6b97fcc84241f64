//! The court's registry, in memory: filings, mandates, and the key that receipts are sealed with.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::filing::{Filing, State};
use super::receipt::Seal;
use crate::accounts::Account;

/// Filings at the same time; a court keeps them in a database.
const MOST: usize = 100;

/// Everything that was handed in.
pub(crate) struct Registry {
    kept: Mutex<Kept>,
    pub(super) seal: Seal,
}

#[derive(Default)]
struct Kept {
    filings: HashMap<String, Filing>,
    /// Party and attorney.
    mandates: Vec<(&'static str, &'static str)>,
}

/// Why a step was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotMade {
    /// No such filing, or none of this person's.
    Unknown,
    /// It is further, or not as far.
    OutOfOrder,
    /// The registry takes no more.
    Full,
}

impl Registry {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            kept: Mutex::default(),
            seal: Seal::new()?,
        })
    }

    /// Keeps a draft.
    pub(super) fn add(&self, filing: Filing) -> Result<(), NotMade> {
        let mut kept = self.kept();
        if kept.filings.len() >= MOST {
            return Err(NotMade::Full);
        }
        kept.filings.insert(filing.number.clone(), filing);
        Ok(())
    }

    /// Looks at a filing that this person may read.
    pub(super) fn read<T>(
        &self,
        number: &str,
        who: &Account,
        look: impl FnOnce(&Filing) -> T,
    ) -> Result<T, NotMade> {
        let kept = self.kept();
        let filing = kept.filings.get(number);
        let filing = filing.filter(|filing| filing.is_shown_to(who));
        filing.map(look).ok_or(NotMade::Unknown)
    }

    /// Filings that this person may read, by number.
    pub(super) fn list<T>(&self, who: &Account, look: impl Fn(&Filing) -> T) -> Vec<T> {
        let kept = self.kept();
        let mut shown: Vec<&Filing> = kept.filings.values().collect();
        shown.retain(|filing| filing.is_shown_to(who));
        shown.sort_by(|a, b| a.number.cmp(&b.number));
        shown.into_iter().map(look).collect()
    }

    /// The draft is signed for; where no fee is due it is on record.
    pub(super) fn sign(
        &self,
        number: &str,
        who: &Account,
        answer: String,
        at: u64,
    ) -> Result<(), NotMade> {
        self.step(number, who, |filing| {
            let State::Draft = filing.state else {
                return Err(NotMade::OutOfOrder);
            };
            filing.state = match filing.fee() {
                0 => State::Filed {
                    at,
                    answer,
                    paid: None,
                },
                _ => State::Signed { answer },
            };
            Ok(())
        })
    }

    /// The fee is paid.
    pub(super) fn pay(
        &self,
        number: &str,
        who: &Account,
        paid: String,
        at: u64,
    ) -> Result<(), NotMade> {
        self.step(number, who, |filing| {
            let State::Signed { answer } = &mut filing.state else {
                return Err(NotMade::OutOfOrder);
            };
            filing.state = State::Filed {
                at,
                answer: std::mem::take(answer),
                paid: Some(paid),
            };
            Ok(())
        })
    }

    /// A party lets an attorney act for them.
    pub(super) fn grant(&self, party: &'static Account, attorney: &'static Account) {
        let mandate = (party.id, attorney.id);
        let mut kept = self.kept();
        if !kept.mandates.contains(&mandate) {
            kept.mandates.push(mandate);
        }
    }

    /// Whether this person may hand something in for the party.
    pub(super) fn may_act(&self, who: &Account, party: &Account) -> bool {
        who.id == party.id || self.kept().mandates.contains(&(party.id, who.id))
    }

    fn step(
        &self,
        number: &str,
        who: &Account,
        step: impl FnOnce(&mut Filing) -> Result<(), NotMade>,
    ) -> Result<(), NotMade> {
        let mut kept = self.kept();
        let filing = kept.filings.get_mut(number);
        let filing = filing.filter(|filing| filing.is_of(who));
        filing.ok_or(NotMade::Unknown).and_then(step)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change under this lock is one call: a panic elsewhere leaves nothing half-done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::ACCOUNTS;
    use crate::court::filing::Matter;

    #[test]
    fn a_filing_goes_one_way_and_by_its_own_hand() {
        let [alex, bo, charlie] = ACCOUNTS;
        let registry = Registry::new().unwrap();
        let filing = Filing {
            number: "N".into(),
            by: alex,
            party: alex,
            against: bo,
            matter: Matter::Claim(100),
            documents: Vec::new(),
            state: State::Draft,
        };
        registry.add(filing).unwrap();
        let pay = |who| registry.pay("N", who, "paid".into(), 7);
        let sign = |who| registry.sign("N", who, "signed".into(), 6);
        assert_eq!(pay(alex), Err(NotMade::OutOfOrder));
        assert_eq!(sign(bo), Err(NotMade::Unknown));
        assert_eq!(sign(alex), Ok(()));
        assert_eq!(sign(alex), Err(NotMade::OutOfOrder));
        assert_eq!(registry.list(bo, |filing| filing.number.clone()).len(), 0);
        assert_eq!(pay(alex), Ok(()));
        assert_eq!(pay(alex), Err(NotMade::OutOfOrder));
        assert_eq!(registry.list(bo, |filing| filing.number.clone()), ["N"]);
        assert!(!registry.may_act(charlie, alex));
        registry.grant(alex, charlie);
        assert!(registry.may_act(charlie, alex) && !registry.may_act(alex, charlie));
    }
}
