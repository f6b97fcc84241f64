//! What is printed.

use std::time::Duration;

use anyhow::Result;

use super::Options;
use super::sizes::{Event, Table};
use super::stage::Stage;
use crate::errand::CALLS;
use crate::machine::{Machine, today};

pub(super) fn heading(options: &Options, machine: &Machine) -> Result<String> {
    let residents: Vec<String> = options.residents.iter().map(ToString::to_string).collect();
    Ok(format!(
        "An authority with many residents, {date}: {model}, {cores} cores, of which the authority and PostgreSQL had {own}\n\
         cargo xtask bench scale --residents {residents} --seconds {seconds} --connections {connections} \
         --shared-buffers {buffers} --seed {seed}; load average before: {load}\n\
         PostgreSQL: fsync and synchronous_commit on, max_wal_size 4GB, checkpoint_timeout 15min; site `light`, set `{set}`\n",
        date = today()?,
        model = machine.model(),
        cores = machine.cores,
        own = machine.authority,
        residents = residents.join(","),
        seconds = options.seconds,
        connections = options.connections,
        buffers = options.shared_buffers,
        seed = options.seed,
        load = machine.load()?,
        set = crate::town::SET,
    ))
}

pub(super) fn filled(added: usize, time: Duration) -> String {
    format!(
        "\n{added} residents sealed and copied in {:.0} s, {:.0} /s\n",
        time.as_secs_f64(),
        added as f64 / time.as_secs_f64()
    )
}

/// What residents take: the difference between two looks, divided by how many came between them.
pub(super) fn sizes(before: &[Table], after: &[Table], residents: usize) -> String {
    let mut text = format!(
        "  {:28} {:>10} {:>10}   bytes per resident\n",
        "", "rows", "indexes"
    );
    let (mut heap, mut indexes) = (0.0, 0.0);
    for table in after {
        let old = before.iter().find(|old| old.name == table.name);
        let old = old.map_or((0, 0), |old| (old.heap, old.indexes));
        let each = |new: i64, old: i64| (new - old) as f64 / residents as f64;
        let (rows, of_indexes) = (each(table.heap, old.0), each(table.indexes, old.1));
        heap += rows;
        indexes += of_indexes;
        // What a verification leaves is not a resident's.
        if rows + of_indexes >= 5.0 {
            text += &format!("  {:28} {rows:>10.0} {of_indexes:>10.0}\n", table.name);
        }
    }
    text + &format!(
        "  {:28} {heap:>10.0} {indexes:>10.0}   together {:.0}\n",
        "all tables",
        heap + indexes
    )
}

pub(super) fn stage(residents: usize, stage: &Stage) -> String {
    let Stage { step, half, work } = stage;
    let cpu = |of: fn(&crate::closed::Call) -> f64| step.calls.iter().map(of).sum::<f64>();
    let mut text = format!(
        "\n{residents} residents\n  saturated, {} connections: {:.1} verifications per second; processor time each {:.3} ms, of the \
         database {:.3} ms\n  ",
        step.connections,
        step.verifications(),
        cpu(crate::closed::Call::cpu_each),
        cpu(crate::closed::Call::database_cpu_each),
    );
    for (name, call) in CALLS.iter().zip(&step.calls) {
        text += &format!("  {name} {:.0} /s", call.rate());
    }
    let (p50, p99) = (
        half.calls[3].percentile(50.0),
        half.calls[3].percentile(99.0),
    );
    let finished = (half.rate * half.seconds as f64).max(1.0);
    let (before, after) = work;
    text += &format!(
        "\n  at half load, {:.1} per second for {} s: the verify call p50 {p50:.2} ms, p99 {p99:.2}\n    database, each verification: \
         {:.0} bytes of write-ahead log, {:.1} pages found in its memory, {:.2} not\n",
        half.rate,
        half.seconds,
        (after.log - before.log) / finished,
        (after.found - before.found) / finished,
        (after.read - before.read) / finished,
    );
    let others = step.others.len() + half.others.len();
    text + &format!("  answers other than due: {others}\n")
}

/// What enrolments and verifications leave, by row.
pub(super) fn events(events: &[Event], machine: &Machine) -> Result<String> {
    let mut text = format!(
        "\nWhat happens leaves rows\n  {:28} {:>10} {:>12}   without indexes\n",
        "", "rows", "bytes each"
    );
    for Event { table, rows, each } in events {
        text += &format!("  {table:28} {rows:>10} {each:>12.0}\n");
    }
    Ok(text + &format!("\nLoad average after: {}\n", machine.load()?))
}
