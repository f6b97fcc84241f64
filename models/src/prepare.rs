//! From the manifest to verified ONNX files in the cache.

use std::path::{Path, PathBuf};

use crate::face_api::{self, Network};
use crate::manifest::{File, Made, Manifest, Set};
use crate::options::Options;
use crate::progress::Progress;
use crate::resolve::{Found, Resolver};
use crate::store::{self, Wanted};
use crate::{ConvertError, Error, openvino};

/// The networks of this build, verified and ready to load.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The manifest they come from.
    pub manifest: Manifest,
    /// Sets whose files are all there, by identifier, in the manifest's order.
    pub available: Vec<String>,
    /// Sets that cannot be had on this machine.
    pub unavailable: Vec<Unavailable>,
    files: Vec<(String, PathBuf)>,
}

/// A set that cannot be had on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// The set.
    pub set: String,
    /// The file that is missing and what was tried for it.
    pub reason: String,
}

impl Prepared {
    /// Path of the network of that name, if it is there.
    #[must_use]
    pub fn path(&self, file: &str) -> Option<&Path> {
        self.files
            .iter()
            .find(|(name, _)| name == file)
            .map(|(_, path)| path.as_path())
    }

    /// Whether every file of the set is there.
    #[must_use]
    pub fn has(&self, set: &str) -> bool {
        self.available.iter().any(|id| id == set)
    }
}

/// Resolves, converts and verifies the networks of the built-in manifest.
///
/// Safe to repeat: what is in the cache is only hashed again.
///
/// # Errors
/// A wrong or truncated file ([`Error::WrongFile`]), a required set that cannot be had
/// ([`Error::Nowhere`]), a cache that cannot be written ([`Error::Io`]).
pub fn prepare(options: &Options, progress: &mut dyn FnMut(Progress)) -> Result<Prepared, Error> {
    prepare_from(Manifest::built_in()?, options, progress)
}

/// As [`prepare`], with another manifest.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_from(
    manifest: Manifest,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Prepared, Error> {
    store::create_folder(&options.kept())?;
    store::sweep(&options.kept())?;
    let mut resolver = Resolver::new(&manifest, options, progress);
    let mut files = Vec::new();
    let mut missing = Vec::new();
    for file in &manifest.files {
        match make(file, options, &mut resolver)? {
            Ok(path) => {
                resolver.report(Progress::Ready {
                    file: file.name.clone(),
                    bytes: file.bytes,
                });
                files.push((file.name.clone(), path));
            }
            Err(reason) => missing.push((file.name.clone(), reason)),
        }
    }
    let mut available = Vec::new();
    let mut unavailable = Vec::new();
    for set in &manifest.sets {
        match missing
            .iter()
            .find(|(name, _)| set.roles().contains(&name.as_str()))
        {
            None => available.push(set.id.clone()),
            Some((file, tried)) => {
                let reason = without(set, file, tried)?;
                resolver.report(Progress::Unavailable {
                    set: set.id.clone(),
                    reason: reason.clone(),
                });
                unavailable.push(Unavailable {
                    set: set.id.clone(),
                    reason,
                });
            }
        }
    }
    Ok(Prepared {
        manifest,
        available,
        unavailable,
        files,
    })
}

/// A missing file is the end only for a set that is required.
fn without(set: &Set, file: &str, tried: &str) -> Result<String, Error> {
    if set.required {
        return Err(Error::Nowhere {
            set: set.id.clone(),
            file: file.to_owned(),
            tried: tried.to_owned(),
        });
    }
    Ok(format!("{file} is nowhere to be had: {tried}"))
}

/// The path of a network in the cache, made if need be; or why its sources are nowhere to be had.
fn make(
    file: &File,
    options: &Options,
    resolver: &mut Resolver<'_>,
) -> Result<Result<PathBuf, String>, Error> {
    let wanted = Wanted {
        name: &file.name,
        sha256: &file.sha256,
        bytes: file.bytes,
    };
    let target = options.kept().join(file.cache_name());
    let given = options
        .models
        .as_ref()
        .map(|folder| folder.join(format!("{}.onnx", file.name)));
    if let Some(given) = given
        && let Some(bytes) = wanted.read(&given)?
    {
        store::write(&target, &bytes)?;
        return Ok(Ok(target));
    }
    if wanted.read(&target)?.is_some() {
        return Ok(Ok(target));
    }
    let mut sources = Vec::new();
    for source in &file.sources {
        match resolver.find(source)? {
            Found::Bytes(bytes) => sources.push(bytes),
            Found::Nowhere(tried) => return Ok(Err(format!("{}: {tried}", source.name))),
        }
    }
    if file.made != Made::Copy {
        resolver.report(Progress::Converting {
            file: file.name.clone(),
        });
    }
    let bytes = convert(file, &sources).map_err(|reason| Error::Convert {
        file: file.name.clone(),
        reason,
    })?;
    let bytes = wanted.verified(bytes, "conversion")?;
    store::write(&target, &bytes)?;
    Ok(Ok(target))
}

fn convert(file: &File, sources: &[Vec<u8>]) -> Result<Vec<u8>, ConvertError> {
    let source = |index: usize| sources.get(index).map(Vec::as_slice).unwrap_or_default();
    let face_api = |network| face_api::convert(network, source(0), source(1));
    Ok(match file.made {
        Made::Copy => source(0).to_vec(),
        Made::Openvino => {
            let xml = str::from_utf8(source(0)).map_err(|_| ConvertError::NotText)?;
            openvino::convert(xml, source(1))?
        }
        Made::FaceApiDetector => face_api(Network::TinyFace)?,
        Made::FaceApiLandmarks => face_api(Network::Landmarks68)?,
        Made::FaceApiRecognition => face_api(Network::Recognition)?,
    })
}
