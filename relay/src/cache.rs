//! Files of the frame in memory: those that never change for as long as there is room, the others for seconds, so that
//! neither the number nor the times of the residents' requests show at the authority.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{body::Bytes, http::HeaderMap};

/// How long what may change is kept. The same for all residents: nobody can be given a key or a page of their own.
pub(crate) const FRESH: Duration = Duration::from_secs(15);

/// A file as browsers get it.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) is_immutable: bool,
}

/// A path, and the encoding that its bytes are in.
pub(crate) type Name = (String, &'static str);

/// All that is kept.
pub(crate) struct Cache {
    most_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    files: HashMap<Name, (File, Instant)>,
    /// Oldest first.
    order: VecDeque<Name>,
    bytes: usize,
}

impl Cache {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            kept: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, name: &Name, now: Instant) -> Option<File> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, since) = kept.files.get(name)?;
        let is_fresh = file.is_immutable || now.saturating_duration_since(*since) < FRESH;
        is_fresh.then(|| file.clone())
    }

    pub(crate) fn keep(&self, name: Name, file: File, now: Instant) {
        let bytes = size(&name, &file);
        if bytes > self.most_bytes {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += bytes;
        match kept.files.insert(name.clone(), (file, now)) {
            Some((before, _)) => kept.bytes = kept.bytes.saturating_sub(size(&name, &before)),
            None => kept.order.push_back(name),
        }
        while kept.bytes > self.most_bytes {
            let Some(oldest) = kept.order.pop_front() else {
                break;
            };
            if let Some((file, _)) = kept.files.remove(&oldest) {
                kept.bytes = kept.bytes.saturating_sub(size(&oldest, &file));
            }
        }
    }
}

/// What an entry takes, near enough: no entry is free, so that there is an end to empty ones too.
fn size((path, _): &Name, file: &File) -> usize {
    1024 + 2 * path.len() + file.body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: usize, is_immutable: bool) -> File {
        File {
            headers: HeaderMap::new(),
            body: vec![0; bytes].into(),
            is_immutable,
        }
    }

    fn name(path: &str) -> Name {
        (path.into(), "br")
    }

    #[test]
    fn what_may_change_is_asked_for_again() {
        let cache = Cache::new(1 << 20);
        let begin = Instant::now();
        cache.keep(name("/v1/keys"), file(10, false), begin);
        cache.keep(name("/v1/aa/frame.js"), file(10, true), begin);
        let is_kept = |path, after| cache.get(&name(path), begin + after).is_some();
        assert!(is_kept("/v1/keys", FRESH / 2) && !is_kept("/v1/keys", FRESH));
        assert!(is_kept("/v1/aa/frame.js", FRESH * 1000));
        assert!(cache.get(&("/v1/aa/frame.js".into(), ""), begin).is_none());
    }

    #[test]
    fn the_oldest_make_room_and_nothing_is_counted_twice() {
        let cache = Cache::new(10_000);
        let now = Instant::now();
        cache.keep(name("/too-large"), file(10_000, true), now);
        assert!(cache.get(&name("/too-large"), now).is_none());
        for _ in 0..50 {
            cache.keep(name("/a"), file(3000, true), now);
        }
        cache.keep(name("/b"), file(3000, true), now);
        assert!(cache.get(&name("/a"), now).is_some());
        cache.keep(name("/c"), file(3000, true), now);
        let is_kept = |path| cache.get(&name(path), now).is_some();
        assert!(!is_kept("/a") && is_kept("/b") && is_kept("/c"));
        assert!(cache.kept.lock().unwrap().bytes <= 10_000);
    }
}
