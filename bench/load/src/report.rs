//! What is printed.

use anyhow::Result;

use crate::client::{Connection, Request};
use crate::closed::{Step, best};
use crate::crowd::{Crowd, OtherThanDue, STRANGERS};
use crate::database;
use crate::errand::CALLS;
use crate::limits::Limits;
use crate::machine::{Machine, today};
use crate::open::Half;
use crate::server::Server;
use crate::town::Kind;

/// Everything about one kind of site.
pub(crate) struct Measured<'a> {
    pub(crate) kind: Kind,
    pub(crate) steps: &'a [Step],
    pub(crate) half: &'a Half,
    pub(crate) limits: &'a Limits,
    pub(crate) machine: &'a Machine,
}

/// What is true for all kinds, and the limits.
pub(crate) fn heading(machine: &Machine, limits: &Limits) -> Result<String> {
    let strangers = 100.0 * STRANGERS;
    let Limits { body, write, .. } = limits;
    let mut text = format!(
        "Authority throughput, {date}: {model}, {cores} cores, of which the authority had {own}\n\
         cargo xtask bench authority; load average before: {load}\n\
         Bodies of about {body} bytes; {strangers:.0} % of the faces are strangers'. The load generator has the other cores.\n\n\
         Limits on the authority's cores (processor time of one)\n",
        date = today()?,
        model = machine.model(),
        cores = machine.cores,
        own = machine.authority,
        load = machine.load()?,
    );
    for (name, rate) in [
        ("HPKE open + ES256 sign", limits.crypto),
        ("HPKE open", limits.open),
        ("ES256 sign", limits.sign),
        ("HPKE open, track decoded", limits.open_and_decode),
        ("Argon2id", limits.argon2),
        (
            "HPKE open + ES256 sign + Argon2id",
            limits.crypto_and_argon2,
        ),
    ] {
        text += &format!(
            "  {name:35} {:8.1} /s  ({:.3} ms)\n",
            rate.per_second, rate.cpu
        );
    }
    text += &format!(
        "  {:35} {:8.1} /s  ({write:.3} ms of waiting)\n",
        "a session written to SQLite, alone",
        1e3 / write
    );
    Ok(text)
}

/// One database: where it runs, and who is in it.
pub(crate) fn of_database(kind: database::Kind, crowd: &Crowd, machine: &Machine) -> String {
    let residents = crowd.town.residents.len();
    let place = match kind {
        database::Kind::Sqlite => "in the authority's own process".to_owned(),
        database::Kind::Postgres => format!(
            "a server of its own on the same {} core(s) as the authority, fsync and synchronous_commit on",
            machine.authority
        ),
    };
    format!(
        "\n{}: {place}; {residents} residents, all in the cohort\n",
        kind.name()
    )
}

/// One kind of site.
pub(crate) fn of(measured: &Measured<'_>) -> String {
    let Measured {
        kind,
        steps,
        half,
        limits,
        machine,
    } = measured;
    let mut text = format!("\nSite `{}`: {}\n", kind.name, kind.words);
    text += "  saturated: calls per second (p50/p99 ms), each call alone; all four: verifications per second\n  connections";
    for name in CALLS {
        text += &format!(" {name:>22}");
    }
    text += "  all four\n";
    for step in *steps {
        text += &format!("  {:11}", step.connections);
        for call in &step.calls {
            let (p50, p99) = (
                call.latencies.percentile(50.0),
                call.latencies.percentile(99.0),
            );
            text += &format!(" {:8.0} ({p50:5.1}/{p99:5.1})", call.rate());
        }
        text += &format!("  {:8.1}\n", step.verifications());
    }
    let Some(top) = best(steps) else {
        return text;
    };
    text += &format!("  processor time, ms, at {} connections:", top.connections);
    for (name, call) in CALLS.iter().zip(&top.calls) {
        text += &format!(
            " {name} {:.3} ({:.0} %)",
            call.cpu_each(),
            share(call.cores(), machine.authority as f64)
        );
    }
    let cpu: f64 = top.calls.iter().map(crate::closed::Call::cpu_each).sum();
    text += &format!("; together {cpu:.3}\n");
    let of_database = top.calls.iter().map(crate::closed::Call::database_cpu_each);
    let of_database: Vec<f64> = of_database.collect();
    let database: f64 = of_database.iter().sum();
    if database > 0.0 {
        text += "  and of the database's processes:";
        for (name, each) in CALLS.iter().zip(&of_database) {
            text += &format!(" {name} {each:.3}");
        }
        text += &format!("; together {database:.3}\n");
    }
    text += "  (in brackets: how much of their cores they used)\n";

    text += &format!(
        "  at half load, {:.1} verifications per second for {} s by the clock: {:.3} ms of the authority's processor time each",
        half.rate, half.seconds, half.cpu_each
    );
    if half.database_cpu_each > 0.0 {
        text += &format!(", {:.3} of the database's", half.database_cpu_each);
    }
    text += "\n";
    let rows = CALLS.iter().copied().zip(&half.calls);
    let rows = rows.chain([("all four", &half.together), ("(sent late by)", &half.late)]);
    for (name, latencies) in rows {
        let [p50, p90, p99, most] = [50.0, 90.0, 99.0, 100.0].map(|p| latencies.percentile(p));
        text += &format!(
            "    {name:15} p50 {p50:7.2} ms   p90 {p90:7.2}   p99 {p99:7.2}   max {most:7.2}   p99 / p50 {:5.1}\n",
            p99 / p50
        );
    }
    let limit = match kind.name {
        "full" => limits.crypto_and_argon2,
        _ => limits.crypto,
    };
    let posted = &top.calls[3];
    text += &format!(
        "  of the limit ({:.0} /s): the verify call {:.1} %, all four calls {:.1} %; by the authority's processor time {:.1} % and {:.1} %\n",
        limit.per_second,
        share(posted.rate(), limit.per_second),
        share(top.verifications(), limit.per_second),
        share(limit.cpu, posted.cpu_each()),
        share(limit.cpu, cpu),
    );
    let answers: usize = steps
        .iter()
        .map(|step| step.calls[3].latencies.count())
        .sum();
    let others = steps.iter().flat_map(|step| &step.others);
    let others: Vec<&OtherThanDue> = others.chain(&half.others).collect();
    text += &format!(
        "  answers other than due: {} of {}\n",
        others.len(),
        answers + half.calls[3].count()
    );
    for OtherThanDue { yes, after } in others {
        let (got, due) = if *yes { ("yes", "no") } else { ("no", "yes") };
        let millis = after.as_secs_f64() * 1e3;
        text += &format!("    {got} where {due} was due, after {millis:.1} ms\n");
    }
    text
}

/// What the authority has counted of all sites: why an answer was no.
pub(crate) fn counters(server: &Server<'_>) -> Result<String> {
    let metrics = Connection::open(&server.address)?.ask(&Request {
        method: "GET",
        path: "/metrics",
        kind: "text/plain",
        secret: None,
        body: b"",
    })?;
    let metrics = String::from_utf8(metrics)?;
    let names = ["nod_answers_total", "nod_failed_", "nod_stopped_"];
    let reasons = metrics
        .lines()
        .filter(|line| names.iter().any(|name| line.starts_with(name)));
    let reasons: Vec<&str> = reasons.collect();
    Ok(format!(
        "\nThe authority's counters\n  {}\n",
        reasons.join("\n  ")
    ))
}

/// How busy the machine was besides.
pub(crate) fn closing(machine: &Machine) -> Result<String> {
    Ok(format!("\nload average after: {}\n", machine.load()?))
}

fn share(part: f64, whole: f64) -> f64 {
    100.0 * part / whole
}

#[expect(clippy::print_stderr, reason = "a program for the terminal")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
