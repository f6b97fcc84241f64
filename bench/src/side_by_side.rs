//! Work on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use nod_load::terminal::progress;

/// How often progress is reported.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Works through the items on several threads; results come with the item's index, in any order. The first
/// error ends it. `what` names the items where progress is reported.
///
/// # Errors
/// The first that the work gave.
pub(crate) fn side_by_side<I: Sync, T: Send>(
    what: &str,
    items: &[I],
    jobs: usize,
    work: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Vec<(usize, T)>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new((Vec::with_capacity(items.len()), Instant::now()));
    let worker = || -> Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else {
                return Ok(());
            };
            let result = work(item).inspect_err(|_| next.store(items.len(), Ordering::Relaxed))?;
            let mut done = done.lock().map_err(|_| anyhow!("a thread panicked"))?;
            let (results, spoke) = &mut *done;
            results.push((at, result));
            if spoke.elapsed() >= HEARTBEAT {
                *spoke = Instant::now();
                progress(&format!("{} of {} {what}", results.len(), items.len()));
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
    })?;
    let (results, _) = done
        .into_inner()
        .map_err(|_| anyhow!("a thread panicked"))?;
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_an_error_ends_it() {
        let items: Vec<u32> = (0..500).collect();
        let mut done = side_by_side("numbers", &items, 3, |n| Ok(n * 2)).unwrap();
        done.sort_unstable();
        let expected: Vec<_> = (0..500).map(|n| (n as usize, n * 2)).collect();
        assert_eq!(done, expected);
        let failed = side_by_side("numbers", &items, 3, |n| {
            anyhow::ensure!(*n != 77, "no {n}");
            Ok(())
        });
        assert_eq!(failed.unwrap_err().to_string(), "no 77");
    }
}
