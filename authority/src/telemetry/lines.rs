//! Log lines on their way to the standard error: written by a thread of its own, so that no request waits for whoever reads
//! them, and nothing ends because they cannot be written.
//!
//! A disk that is full, a pipe that nobody reads or that is closed: the lines are lost and counted, and the next one that
//! gets through is written as if nothing had been.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait to be written at most, a megabyte or two.
const WAITING: usize = 4_096;
/// How long the end of the process waits for the last lines.
const LAST: Duration = Duration::from_secs(2);

/// Hands lines over; any number of these.
#[derive(Clone)]
pub(super) struct Lines {
    waiting: SyncSender<Message>,
    lost: Lost,
}

/// How many lines were lost since the process started.
#[derive(Clone, Default)]
pub struct Lost(Arc<AtomicU64>);

/// Held until the process ends; then what still waits is written.
#[must_use = "what is dropped at once writes nothing later"]
pub struct Flush(SyncSender<Message>);

enum Message {
    Line(Vec<u8>),
    /// Says when everything before it was written.
    Flush(SyncSender<()>),
}

impl Lines {
    /// Starts the thread that writes to this.
    pub(super) fn to(mut out: impl Write + Send + 'static) -> io::Result<(Self, Flush)> {
        let (waiting, lines) = mpsc::sync_channel(WAITING);
        let lost = Lost::default();
        let counted = lost.clone();
        let write = move || {
            for message in lines {
                match message {
                    Message::Line(line) => {
                        if out.write_all(&line).and_then(|()| out.flush()).is_err() {
                            counted.add();
                        }
                    }
                    // Nobody waits any more: that is no matter.
                    Message::Flush(written) => drop(written.try_send(())),
                }
            }
        };
        thread::Builder::new().name("log".into()).spawn(write)?;
        let flush = Flush(waiting.clone());
        Ok((Self { waiting, lost }, flush))
    }

    /// The count.
    pub(super) fn lost(&self) -> Lost {
        self.lost.clone()
    }
}

impl Lost {
    /// So many.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            lines: self,
            text: Vec::new(),
        }
    }
}

/// One line; handed over when it is dropped.
pub(super) struct Line<'a> {
    lines: &'a Lines,
    text: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.lines.waiting.try_send(Message::Line(text))
        {
            self.lines.lost.add();
        }
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        let (written, done) = mpsc::sync_channel(1);
        // A queue that is full is one that is not read.
        if self.0.try_send(Message::Flush(written)).is_ok() {
            let (Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) =
                done.recv_timeout(LAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Disk {
        written: Arc<Mutex<Vec<u8>>>,
        full: Arc<Mutex<bool>>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if *self.full.lock().unwrap() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn say(lines: &Lines, text: &str) {
        writeln!(lines.make_writer(), "{text}").unwrap();
    }

    fn settled(lines: &Lines) {
        drop(Flush(lines.waiting.clone()));
    }

    #[test]
    fn what_a_full_disk_does_not_take_is_counted_and_the_next_line_is_written() {
        let disk = Disk::default();
        let (lines, flush) = Lines::to(disk.clone()).unwrap();
        say(&lines, "one");
        settled(&lines);
        *disk.full.lock().unwrap() = true;
        say(&lines, "two");
        say(&lines, "three");
        settled(&lines);
        assert_eq!(lines.lost().count(), 2);
        *disk.full.lock().unwrap() = false;
        say(&lines, "four");
        drop(flush);
        assert_eq!(*disk.written.lock().unwrap(), b"one\nfour\n");
    }

    #[test]
    fn nobody_waits_for_a_reader_who_does_not_read() {
        let disk = Disk::default();
        let stuck = disk.written.lock().unwrap_or_else(PoisonError::into_inner);
        let (lines, flush) = Lines::to(disk.clone()).unwrap();
        for number in 0..WAITING + 100 {
            say(&lines, &number.to_string());
        }
        // One is in the thread's hands at most.
        assert!((99..=100).contains(&lines.lost().count()));
        drop(stuck);
        // The queue may still be full, in which case it is not waited for.
        drop(flush);
    }
}
