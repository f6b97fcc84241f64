//! One run, from the files to the report.

use std::fmt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nod_protocol::payload::SetCapture;

use crate::{
    authority::Authority,
    enrolment::Enroller,
    error::ImportError,
    journal::{Journal, Outcome},
    options::Options,
    photograph::Photograph,
    progress::{self, Progress, rate},
    reason::Reason,
    report,
    rows::{self, Row},
    stop::Stop,
    templates::{Library, TemplateMaker},
};

/// How a complete run ended, over all runs so far.
pub struct Summary {
    rows: usize,
    enrolled: usize,
    exists: usize,
    refused: Vec<(u64, Reason)>,
    report: String,
    /// Of this run alone: photographs, and the time they took.
    looked_at: (u64, Duration),
    jobs: usize,
}

/// Does what the options ask for. Everything that can be checked is checked before a photograph is looked at.
pub fn run(options: &Options, stop: &Arc<Stop>) -> Result<Summary, ImportError> {
    let (key, root) = (options.key()?, options.root()?);
    let rows = rows::read(&options.csv)?;
    // Asked for its list and not only whether it is there: what cannot be read has no photographs either.
    std::fs::read_dir(&options.photos).map_err(ImportError::file(&options.photos))?;
    let library = Library::open(&options.models)?;
    let journal = Journal::open(&options.journal(), &key)?;
    let waiting: Vec<&Row> = rows
        .iter()
        .filter(|row| match journal.outcome(row) {
            None => true,
            Some(Outcome::Refused(_)) => options.retry_refused,
            Some(Outcome::Enrolled | Outcome::Exists) => false,
        })
        .collect();
    if waiting.len() < rows.len() {
        let done = rows.len() - waiting.len();
        progress::say(&format!("{done} of {} rows are done already", rows.len()));
    }
    let journal = Mutex::new(journal);
    let (mut ended, mut looked_at) = (Ok(()), (0, Duration::ZERO));
    if !waiting.is_empty() {
        let stop = Arc::clone(stop);
        let authority = Authority::new(&options.authority, key, root, options.tries, stop);
        ended = prepare(&authority, &library).and_then(|(maker, enroller)| {
            let import = Import {
                options,
                maker,
                enroller,
                journal: &journal,
                progress: Progress::begin(waiting.len()),
                stop: authority.stop(),
                failed: Mutex::new(None),
            };
            let ended = import.all(&waiting);
            looked_at = import.progress.end();
            ended
        });
    }
    let journal = journal.into_inner().unwrap_or_else(PoisonError::into_inner);
    let summary = Summary::of(options, &rows, &journal, looked_at);
    report::write(&options.report(), &summary.refused)?;
    ended.inspect_err(|_| progress::say(&summary.to_string()))?;
    Ok(summary)
}

/// Who the authority is, and the networks that it means.
fn prepare<'a>(
    authority: &'a Authority,
    library: &Library<'_>,
) -> Result<(TemplateMaker, Enroller<'a>), ImportError> {
    let description = authority.describe()?;
    if !library.agrees(&authority.manifest()?, &description.model_sets)? {
        return Err(ImportError::Refused(
            "the models of --models are not those that the authority gives to the widget; take its dist/models".into(),
        ));
    }
    let maker = library.load(&description.model_sets)?;
    Ok((maker, Enroller::new(authority, description)?))
}

/// What the threads share.
struct Import<'a> {
    options: &'a Options,
    maker: TemplateMaker,
    enroller: Enroller<'a>,
    journal: &'a Mutex<Journal>,
    progress: Progress,
    stop: &'a Stop,
    /// The first error; the others follow from it.
    failed: Mutex<Option<ImportError>>,
}

/// From the threads that look at photographs to those that post.
type Made<'a> = (&'a Row, Vec<SetCapture>);

impl Import<'_> {
    /// Works off all rows. Looking at photographs keeps the cores busy, posting mostly waits: they have threads of
    /// their own, and a short queue between them.
    fn all(&self, waiting: &[&Row]) -> Result<(), ImportError> {
        let jobs = self.options.jobs();
        let next = AtomicUsize::new(0);
        let (to_post, queue) = sync_channel::<Made<'_>>(jobs);
        let queue = Mutex::new(queue);
        thread::scope(|scope| {
            for _ in 0..jobs {
                let to_post = to_post.clone();
                let next = &next;
                scope.spawn(move || self.look(waiting, next, &to_post));
                scope.spawn(|| self.post(&queue));
            }
            // The posting threads end when nobody can send any more.
            drop(to_post);
        });
        let failed = self
            .failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match failed {
            Some(error) => Err(error),
            None if self.stop.is_wanted() => Err(ImportError::Stopped),
            None => Ok(()),
        }
    }

    fn look<'r>(&self, waiting: &[&'r Row], next: &AtomicUsize, to_post: &SyncSender<Made<'r>>) {
        while !self.stop.is_wanted()
            && let Some(row) = waiting.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let path = self.options.photos.join(&row.photograph);
            let made = Photograph::open(&path).and_then(|picture| self.maker.make(&picture));
            match made {
                Ok(captures) => {
                    // The receivers take until all senders are gone, so there is always one.
                    let _ = to_post.send((row, captures));
                }
                Err(reason) => self.note(row, Ok(Outcome::Refused(reason))),
            }
        }
    }

    /// After Ctrl-C what is in the queue is still posted; after an error it is dropped, and the next run's.
    fn post(&self, queue: &Mutex<Receiver<Made<'_>>>) {
        loop {
            let taken = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((row, captures)) = taken else {
                return;
            };
            if !self.has_failed() {
                self.note(row, self.enroller.enrol(row, captures));
            }
        }
    }

    /// Writes down how a row ended, or that the run cannot go on.
    fn note(&self, row: &Row, ended: Result<Outcome, ImportError>) {
        let noted = ended.and_then(|outcome| {
            let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.add(row, outcome)?;
            Ok(outcome)
        });
        match noted {
            Ok(outcome) => self.progress.count(matches!(outcome, Outcome::Refused(_))),
            Err(error) => {
                let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.get_or_insert(error);
                drop(failed);
                self.stop.want();
            }
        }
    }

    fn has_failed(&self) -> bool {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }
}

impl Summary {
    fn of(options: &Options, rows: &[Row], journal: &Journal, looked_at: (u64, Duration)) -> Self {
        let mut summary = Self {
            rows: rows.len(),
            enrolled: 0,
            exists: 0,
            refused: Vec::new(),
            report: options.report().display().to_string(),
            looked_at,
            jobs: options.jobs(),
        };
        for row in rows {
            match journal.outcome(row) {
                Some(Outcome::Enrolled) => summary.enrolled += 1,
                Some(Outcome::Exists) => summary.exists += 1,
                Some(Outcome::Refused(reason)) => summary.refused.push((row.line, reason)),
                None => (),
            }
        }
        summary
    }

    /// 0, or 1 if a photograph was refused.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(u8::from(!self.refused.is_empty()))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.enrolled + self.exists + self.refused.len();
        writeln!(
            f,
            "{} rows: {} enrolled, {} were enrolled before, {} refused, {} left",
            self.rows,
            self.enrolled,
            self.exists,
            self.refused.len(),
            self.rows - done
        )?;
        if !self.refused.is_empty() {
            let tally = report::tally(&self.refused);
            writeln!(f, "refused: {tally} (see {})", self.report)?;
        }
        let (photographs, time) = self.looked_at;
        write!(
            f,
            "this run: {photographs} photographs in {:.1} s with {} threads, {:.1} images/s",
            time.as_secs_f64(),
            self.jobs,
            rate(photographs, time)
        )
    }
}
