//! What is printed: what was killed and when, what was asked for, and what was found.

use std::time::Duration;

use anyhow::Result;

use super::check::Row;
use super::killer::{Kill, Victim};
use super::person::{Again, Seen};
use crate::database::Kind;
use crate::machine::{Machine, today};

/// Everything about one database.
pub(crate) struct Outcome<'a> {
    pub(crate) kind: Kind,
    pub(crate) kills: &'a [Kill],
    pub(crate) seen: &'a Seen,
    pub(crate) again: &'a Again,
    pub(crate) rows: &'a [Row],
    pub(crate) audit: Option<&'a str>,
    pub(crate) time: Duration,
}

impl Outcome<'_> {
    /// Nothing was lost, counted twice, or half there.
    pub(crate) fn is_sound(&self) -> bool {
        self.wrong().next().is_none() && self.rows.iter().all(|row| row.found == row.due)
    }

    fn wrong(&self) -> impl Iterator<Item = &String> {
        self.seen.wrong.iter().chain(&self.again.wrong)
    }
}

pub(crate) fn heading(people: usize, at_once: usize, seed: u64) -> Result<String> {
    let machine = Machine::this(None)?;
    Ok(format!(
        "Processes killed at random, {date}: {model}, {cores} cores; load average before: {load}\n\
         cargo xtask bench faults --people {people} --at-once {at_once} --seed {seed}\n\
         {people} people enrol and verify, {at_once} at the same time; kill -9 while requests wait; started again at once.\n",
        date = today()?,
        model = machine.model(),
        cores = machine.cores,
        load = machine.load()?,
    ))
}

pub(crate) fn of(outcome: &Outcome<'_>) -> String {
    let Outcome {
        kind,
        kills,
        seen,
        again,
        rows,
        audit,
        time,
    } = outcome;
    let processes = match kind {
        Kind::Sqlite => "one process",
        Kind::Postgres => "two processes",
    };
    let of_database = kills.iter().filter(|kill| kill.whom == Victim::Postgres);
    let of_database = of_database.count();
    let hit = kills.iter().filter(|kill| kill.waiting > 0).count();
    let mut text = format!(
        "\n{}, {processes} of the authority, {:.0} s\n  \
         killed: the authority {} times, the database's server {of_database} times; {hit} of the {} with requests under way\n",
        kind.name(),
        time.as_secs_f64(),
        kills.len() - of_database,
        kills.len(),
    );
    let away = |whom: fn(&Kill) -> bool| {
        let away = kills.iter().filter(|kill| whom(kill)).map(|kill| kill.away);
        away.max().unwrap_or_default().as_secs_f64()
    };
    text += &format!(
        "  away at the longest: the authority {:.1} s, the server {:.1} s\n",
        away(|kill| kill.whom != Victim::Postgres),
        away(|kill| kill.whom == Victim::Postgres),
    );
    let tries = &seen.tries;
    text += &format!(
        "  requests: {}; connections that broke: {}; answered 503: {}; longest until an answer: {:.1} s\n",
        tries.requests,
        tries.broken,
        tries.busy,
        tries.longest.as_secs_f64()
    );
    text += &format!(
        "  enrolments: {} acknowledged, {} found to be there by the spent ticket\n  \
         answers: {} yes, {} no (late, tried again); begun anew because a reply was lost: {}\n",
        seen.enrolled,
        seen.enrolled_unheard,
        seen.answers.len(),
        seen.noes,
        seen.lost,
    );
    let checked = seen.answers.iter().filter(|answer| answer.was_checked);
    text += &format!(
        "  siteverify: {} heard to succeed once, the others found used by a check whose reply was lost\n  \
         afterwards: {} sessions with an answer; {} bodies refused the second time, {} answers refused\n",
        checked.count(),
        again.sessions,
        again.bodies_refused,
        again.tokens_refused,
    );
    text += "  in the database:\n";
    for Row { what, found, due } in *rows {
        let verdict = if found == due { "ok" } else { "WRONG" };
        text += &format!("    {found:6} {what} (due: {due}) {verdict}\n");
    }
    text += &match audit {
        Some(said) => format!("  audit log: {said}\n"),
        None => "  audit log: this program has no command to check it\n".to_owned(),
    };
    let wrong: Vec<&String> = outcome.wrong().collect();
    text += &format!("  wrong: {}\n", wrong.len());
    for what in wrong {
        text += &format!("    {what}\n");
    }
    text += "  kills, seconds after the beginning (a: the authority's processes, P: the server; requests that waited):\n   ";
    for kill in *kills {
        let whom = match kill.whom {
            Victim::Authority(number) => format!("a{number}"),
            Victim::Postgres => "P".to_owned(),
        };
        text += &format!(" {:.2}{whom}({})", kill.at.as_secs_f64(), kill.waiting);
    }
    text + "\n"
}
