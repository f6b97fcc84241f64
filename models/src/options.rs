//! Where to look for models and where to keep them.

use std::env;
use std::path::{Path, PathBuf};

use crate::Error;

/// Where to look for models and where to keep them.
#[derive(Clone, Debug)]
pub struct Options {
    /// A folder with models, looked at before everything else: published files, the npm tarball, or
    /// finished `<name>.onnx`.
    pub models: Option<PathBuf>,
    /// A folder shared between checkouts; published files lie in its `models/`.
    pub shared: Option<PathBuf>,
    /// The cache outside the checkout; networks are kept in its `models/`.
    pub cache: PathBuf,
}

impl Options {
    /// Reads `NOD_MODELS`, `NOD_SHARED` and `NOD_CACHE`.
    ///
    /// `NOD_SHARED=none` looks at no shared folder; unset, it is `../shared` beside `checkout` if
    /// there is one. Unset, the cache is `nod` in `XDG_CACHE_HOME` or in `~/.cache`.
    ///
    /// # Errors
    /// [`Error::NoFolder`] if a variable names something that is no folder, [`Error::NoCache`].
    pub fn from_env(checkout: &Path) -> Result<Self, Error> {
        Self::from_variables(checkout, &|name| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        })
    }

    fn from_variables(
        checkout: &Path,
        variable: &dyn Fn(&str) -> Option<PathBuf>,
    ) -> Result<Self, Error> {
        let folder = |name| match variable(name) {
            Some(path) if !path.is_dir() => Err(Error::NoFolder {
                variable: name,
                path,
            }),
            path => Ok(path),
        };
        let shared = match variable("NOD_SHARED") {
            Some(none) if none == Path::new("none") => None,
            Some(_) => folder("NOD_SHARED")?,
            None => Some(checkout.join("../shared")).filter(|path| path.is_dir()),
        };
        let cache = variable("NOD_CACHE")
            .or_else(|| variable("XDG_CACHE_HOME").map(|path| path.join("nod")))
            .or_else(|| variable("HOME").map(|path| path.join(".cache/nod")));
        Ok(Self {
            models: folder("NOD_MODELS")?,
            shared,
            cache: cache.ok_or(Error::NoCache)?,
        })
    }

    /// Where finished networks and fetched sources are kept.
    #[must_use]
    pub fn kept(&self) -> PathBuf {
        self.cache.join("models")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &Path)]) -> Result<Options, Error> {
        let checkout = Path::new("/nowhere/checkout");
        Options::from_variables(checkout, &|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_path_buf())
        })
    }

    #[test]
    fn the_cache_is_where_the_first_variable_says() {
        let (a, b, c) = (Path::new("/a"), Path::new("/b"), Path::new("/c"));
        let all = options(&[("NOD_CACHE", a), ("XDG_CACHE_HOME", b), ("HOME", c)]);
        assert_eq!(all.unwrap().cache, a);
        let two = options(&[("XDG_CACHE_HOME", b), ("HOME", c)]);
        assert_eq!(two.unwrap().cache, Path::new("/b/nod"));
        assert_eq!(
            options(&[("HOME", c)]).unwrap().kept(),
            Path::new("/c/.cache/nod/models")
        );
        assert!(matches!(options(&[]), Err(Error::NoCache)));
    }

    #[test]
    fn the_shared_folder_can_be_named_hidden_or_absent() {
        let home = ("HOME", Path::new("/c"));
        let folder = tempfile::tempdir().unwrap();
        let named = options(&[home, ("NOD_SHARED", folder.path())]).unwrap();
        assert_eq!(named.shared.as_deref(), Some(folder.path()));
        assert_eq!(
            options(&[home, ("NOD_SHARED", Path::new("none"))])
                .unwrap()
                .shared,
            None
        );
        assert_eq!(options(&[home]).unwrap().shared, None);
        for variable in ["NOD_SHARED", "NOD_MODELS"] {
            let error = options(&[home, (variable, Path::new("/no/such"))]).unwrap_err();
            assert!(error.to_string().starts_with(variable), "{error}");
        }
    }
}
