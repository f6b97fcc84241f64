//! Finds a published file: an explicit folder, the shared folder, the cache, the publisher, npm.
//!
//! Whatever is found must have the hash of the manifest. A file that is there but wrong is an error
//! and the search ends: going on would hide that somebody's folder, or a publisher, is not what it
//! should be.

mod npm;
mod publisher;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::Error;
use crate::manifest::{Manifest, Source};
use crate::options::Options;
use crate::progress::Progress;
use crate::store::{self, Wanted};

/// What a search came to.
pub(crate) enum Found {
    /// The file, with the right hash.
    Bytes(Vec<u8>),
    /// At none of the places; what came of each, in words.
    Nowhere(String),
}

/// Searches for published files and remembers what was out of reach.
pub(crate) struct Resolver<'a> {
    manifest: &'a Manifest,
    options: &'a Options,
    progress: &'a mut dyn FnMut(Progress),
    /// Hosts and packages that did not answer in this run, with the reason.
    out_of_reach: BTreeMap<String, String>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        manifest: &'a Manifest,
        options: &'a Options,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        Self {
            manifest,
            options,
            progress,
            out_of_reach: BTreeMap::new(),
        }
    }

    pub(crate) fn report(&mut self, progress: Progress) {
        (self.progress)(progress);
    }

    /// Finds one published file.
    pub(crate) fn find(&mut self, source: &Source) -> Result<Found, Error> {
        let wanted = source.wanted();
        for path in self.folders(source) {
            if let Some(bytes) = wanted.read(&path)? {
                return Ok(Found::Bytes(bytes));
            }
        }
        let mut tried = vec!["no folder has it".to_owned()];
        for url in &source.urls {
            match self.ask_publisher(wanted, url)? {
                Ok(bytes) => {
                    store::write(&self.kept(source), &bytes)?;
                    return Ok(Found::Bytes(bytes));
                }
                Err(reason) => tried.push(reason),
            }
        }
        if let Some(member) = &source.npm {
            match self.ask_npm(member)? {
                // Unpacking has put every member of the package into the cache.
                Ok(()) => match wanted.read(&self.kept(source))? {
                    Some(bytes) => return Ok(Found::Bytes(bytes)),
                    None => tried.push(format!("the package has no {}", member.member)),
                },
                Err(reason) => tried.push(reason),
            }
        }
        Ok(Found::Nowhere(tried.join("; ")))
    }

    /// Paths on this machine, in order.
    fn folders(&self, source: &Source) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        if let Some(folder) = &self.options.models {
            paths.extend(source.path.as_ref().map(|path| folder.join(path)));
            paths.push(folder.join(&source.name));
        }
        if let (Some(shared), Some(path)) = (&self.options.shared, &source.path) {
            paths.push(shared.join("models").join(path));
        }
        paths.push(self.kept(source));
        paths
    }

    fn kept(&self, source: &Source) -> PathBuf {
        self.options.kept().join(source.cache_name())
    }

    /// Runs a fetch from `place` unless it has failed before in this run.
    fn reach(
        &mut self,
        place: &str,
        fetch: impl FnOnce() -> Result<(), String>,
    ) -> Result<(), String> {
        if let Some(reason) = self.out_of_reach.get(place) {
            return Err(reason.clone());
        }
        fetch().map_err(|reason| {
            let tried = format!("{place}: {reason}");
            self.out_of_reach.insert(place.to_owned(), tried.clone());
            (self.progress)(Progress::Unreachable {
                from: place.to_owned(),
                reason,
            });
            tried
        })
    }

    fn ask_publisher(
        &mut self,
        wanted: Wanted<'_>,
        url: &str,
    ) -> Result<Result<Vec<u8>, String>, Error> {
        let partial = store::partial_file(&self.options.kept())?;
        let host = publisher::host(url);
        if !self.out_of_reach.contains_key(host) {
            self.report(Progress::Fetching {
                what: wanted.name.to_owned(),
                from: url.to_owned(),
                bytes: wanted.bytes,
            });
        }
        match self.reach(host, || publisher::download(url, partial.path())) {
            Ok(()) => {
                let bytes = fs::read(partial.path()).map_err(Error::io("read", partial.path()))?;
                wanted.verified(bytes, url).map(Ok)
            }
            Err(reason) => Ok(Err(reason)),
        }
    }
}

impl Source {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            name: &self.name,
            sha256: &self.sha256,
            bytes: self.bytes,
        }
    }

    /// Name in the cache.
    pub(crate) fn cache_name(&self) -> String {
        format!("{}-{}", self.sha256, self.name)
    }
}
