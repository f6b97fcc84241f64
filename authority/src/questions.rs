//! Questions beyond identity, answered from a resident's record with yes or no (pure; docs/questions.md).
//!
//! What can be asked is in `protocol/src/questions.rs`. An answer is a boolean whatever is known: what is not in the record
//! is a no, so that a site can tell neither whether there is a record nor what is missing in it.

mod calendar;
mod record;

use std::collections::BTreeMap;

use nod_protocol::{
    ids::Question,
    questions::{PREDICATES, Predicate},
};

pub use self::{
    calendar::{Date, Month},
    record::{Attributes, BadRecord, Cover, Line, RECORD},
};

/// Months between the one of a question and the last one that must be paid for: what is due for a month is booked by the
/// end of the next, so that in December October's must be there, and November's may still be on its way.
const MONTHS_TO_BOOK: i32 = 2;

/// The question of this name, or what there is instead.
pub fn known(name: &str) -> Result<Question, String> {
    let question = Question::parse(name).ok();
    let question = question.filter(|question| Predicate::of(question.as_str()).is_some());
    question.ok_or_else(|| {
        let names: Vec<&str> = PREDICATES.iter().map(|(name, _)| *name).collect();
        format!("no such question; there are {}", names.join(", "))
    })
}

/// Every question that can be asked.
pub fn all() -> Vec<Question> {
    let names = PREDICATES.iter();
    names
        .filter_map(|(name, _)| Question::parse(name).ok())
        .collect()
}

/// Answers what was asked, on this day.
pub fn answers(ask: &[Question], record: &Attributes, today: &Date) -> BTreeMap<Question, bool> {
    let one = |question: &Question| {
        let known = Predicate::of(question.as_str());
        known.and_then(|predicate| answer(predicate, record, today))
    };
    ask.iter()
        .map(|question| (question.clone(), one(question).unwrap_or(false)))
        .collect()
}

/// `None` if the record does not say.
pub fn answer(predicate: Predicate, record: &Attributes, today: &Date) -> Option<bool> {
    match predicate {
        Predicate::AgeOver(years) => {
            let born = record.date_of_birth.as_ref()?;
            Some(born.is_years_before(years, today))
        }
        Predicate::BenefitActive(category) => record.cover(category).active,
        Predicate::ContributionsCurrent(category) => {
            let paid = record.cover(category).paid_until.as_ref()?;
            Some(paid.months_until(today) <= MONTHS_TO_BOOK)
        }
    }
}

#[cfg(test)]
#[path = "questions/tests.rs"]
mod tests;
