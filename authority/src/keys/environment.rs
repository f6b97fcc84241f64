//! Private keys from the environment, in place of files: `NOD_AUTHORITY_KEY_AT_REST` is `at-rest.key`,
//! `NOD_AUTHORITY_KEY_ANSWER_A0123456789AB` is `answer-a0123456789ab.key`.
//!
//! For machines that are given secrets this way and have no disk for them. They are read once, when the process starts, and the
//! copies that this makes are wiped. The environment itself stays as it is: whoever may read `/proc/<pid>/environ` has the keys,
//! and a file that only its owner may read is the better place (docs/keys.md).

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use super::{
    KeyError,
    at_rest::LATER,
    source::{ANSWER, SEALING},
};

/// Of all variables with keys.
const PREFIX: &str = "NOD_AUTHORITY_KEY_";

/// Keys of the environment by the name that their file would have, without `.key`. Not printable.
#[derive(Default)]
pub struct GivenKeys(BTreeMap<String, Zeroizing<Vec<u8>>>);

impl GivenKeys {
    /// Takes the keys out of variables; others are none of its business.
    pub fn from_environment(
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, KeyError> {
        let mut keys = BTreeMap::new();
        for (variable, value) in variables.filter(|(variable, _)| is_key(variable)) {
            let value = Zeroizing::new(value.into_encoded_bytes());
            let variable = variable.to_string_lossy().into_owned();
            let name = name_of(&variable).ok_or_else(|| KeyError::Variable(variable.clone()))?;
            let text = std::str::from_utf8(&value).ok();
            let key = text.and_then(|text| Base64UrlUnpadded::decode_vec(text.trim()).ok());
            let key = key.ok_or_else(|| KeyError::Invalid(PathBuf::from(variable)))?;
            keys.insert(name, Zeroizing::new(key));
        }
        Ok(Self(keys))
    }

    /// Whether the environment holds no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Zeroizing<Vec<u8>>> {
        self.0.get(name)
    }

    /// The names of a kind without it.
    pub(super) fn named<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .keys()
            .filter_map(move |name| name.strip_prefix(kind))
    }
}

/// Whether a variable is for a key, and no setting.
pub fn is_key(variable: &OsStr) -> bool {
    let variable = variable.as_encoded_bytes();
    variable.starts_with(PREFIX.as_bytes())
}

/// The variable of a key.
pub(super) fn variable_of(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// The root is not among them: it has no place on a machine that serves. Ids made by this program have small letters and
/// digits only; who has others keeps them in files.
fn name_of(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix(PREFIX)?;
    if !rest
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    {
        return None;
    }
    match rest {
        "AT_REST" => Some("at-rest".into()),
        "LOOKUP" => Some("lookup".into()),
        "PAIRWISE" => Some("pairwise".into()),
        _ => [("AT_REST_", LATER), ("ANSWER_", ANSWER), ("HPKE_", SEALING)]
            .into_iter()
            .find_map(|(upper, kind)| {
                let id = rest.strip_prefix(upper).filter(|id| !id.is_empty())?;
                Some(format!("{kind}{}", id.to_ascii_lowercase()))
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(variables: &[(&str, &str)]) -> Result<GivenKeys, KeyError> {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        GivenKeys::from_environment(variables)
    }

    #[test]
    fn variables_are_named_after_files_and_back() {
        let keys = taken(&[
            ("NOD_AUTHORITY_KEY_AT_REST", "AAEC"),
            ("NOD_AUTHORITY_KEY_ANSWER_A0123456789AB", "AwQF\n"),
            ("NOD_AUTHORITY_KEY_HPKE_K00", ""),
            ("NOD_AUTHORITY_LISTEN", "127.0.0.1:1"),
            ("HOME", "/root"),
        ])
        .unwrap();
        assert_eq!(keys.get("at-rest").unwrap().as_slice(), [0, 1, 2]);
        assert_eq!(
            keys.get("answer-a0123456789ab").unwrap().as_slice(),
            [3, 4, 5]
        );
        assert_eq!(keys.named(ANSWER).collect::<Vec<_>>(), ["a0123456789ab"]);
        assert_eq!(keys.named(SEALING).collect::<Vec<_>>(), ["k00"]);
        for name in ["at-rest", "lookup", "pairwise", "answer-a01", "hpke-k02"] {
            assert_eq!(name_of(&variable_of(name)).as_deref(), Some(name));
        }
        assert!(taken(&[("PATH", "/bin")]).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_key_is_refused_by_name_and_never_repeated() {
        for variable in [
            "NOD_AUTHORITY_KEY_ROOT",
            "NOD_AUTHORITY_KEY_",
            "NOD_AUTHORITY_KEY_ANSWER_",
            "NOD_AUTHORITY_KEY_at_rest",
            "NOD_AUTHORITY_KEY_METRICS",
        ] {
            let error = taken(&[(variable, "cGxhbnRlZA")]).err().unwrap();
            assert!(matches!(error, KeyError::Variable(_)), "{variable}");
            assert!(!format!("{error}{error:?}").contains("cGxh"));
        }
        let error = taken(&[("NOD_AUTHORITY_KEY_LOOKUP", "planted!")])
            .err()
            .unwrap();
        let words = format!("{error} {error:?}");
        assert!(
            words.contains("KEY_LOOKUP") && !words.contains("planted"),
            "{words}"
        );
    }
}
