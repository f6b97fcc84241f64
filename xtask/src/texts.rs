//! The texts of the frame, held against each other before they are served: every language has the texts of English, with
//! the same values in them, and there are words for every question that can be asked. What else must be right about them, `tests/e2e/strings.test.mjs` reads with Fluent's own parser.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use crate::contract::questions::PREDICATES;

/// The language that the others are compared with.
const FIRST: &str = "en";

/// For each message the names of its values.
type Texts<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Compares the files `strings/<language>.ftl` among some assets (path and content).
///
/// # Errors
/// When a language misses a text, has one that English has not or puts other values in, and when a file cannot be read as
/// one of messages.
pub(crate) fn check(assets: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let mut languages = BTreeMap::new();
    for (path, bytes) in assets {
        let language = path.strip_prefix("strings/").map(|name| {
            name.strip_suffix(".ftl")
                .with_context(|| format!("{path} is not a Fluent file"))
        });
        if let Some(language) = language.transpose()? {
            let source = std::str::from_utf8(bytes).with_context(|| format!("in {path}"))?;
            languages.insert(
                language,
                read(source).with_context(|| format!("in {path}"))?,
            );
        }
    }
    let Some(first) = languages.get(FIRST) else {
        bail!("strings/{FIRST}.ftl is missing")
    };
    has_questions(first).with_context(|| format!("in strings/{FIRST}.ftl"))?;
    for (language, texts) in &languages {
        compare(first, texts).with_context(|| format!("in strings/{language}.ftl"))?;
    }
    Ok(())
}

/// As many as there are, each with words.
fn has_questions(texts: &Texts<'_>) -> Result<()> {
    for (name, _) in PREDICATES {
        let message = format!("question-{}", name.replace(':', "-"));
        ensure!(texts.contains_key(&*message), "`{message}` is missing");
    }
    let worded = texts.keys().filter(|name| name.starts_with("question-"));
    ensure!(
        worded.count() == PREDICATES.len(),
        "there are words for a question that cannot be asked"
    );
    Ok(())
}

fn compare(first: &Texts<'_>, texts: &Texts<'_>) -> Result<()> {
    for (message, values) in first {
        match texts.get(message) {
            None => bail!("`{message}` is missing"),
            Some(other) if other != values => {
                bail!("`{message}` puts in {other:?}, where {FIRST} puts in {values:?}")
            }
            Some(_) => {}
        }
    }
    if let Some(more) = texts.keys().find(|message| !first.contains_key(*message)) {
        bail!("`{more}` is not in {FIRST}");
    }
    Ok(())
}

/// Messages as `name = text`, with further lines of the text indented, and comments.
fn read(source: &str) -> Result<Texts<'_>> {
    let mut texts = Texts::new();
    let mut last = None;
    for (index, line) in source.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let text = if line.starts_with(' ') {
            line
        } else {
            let Some((message, text)) = line.split_once(" =") else {
                bail!("line {} is no text: {line}", index + 1)
            };
            if texts.insert(message, BTreeSet::new()).is_some() {
                bail!("`{message}` is there twice");
            }
            last = Some(message);
            text
        };
        let Some(values) = last.and_then(|message| texts.get_mut(message)) else {
            bail!("line {} belongs to no text: {line}", index + 1)
        };
        values.extend(values_in(text));
    }
    Ok(texts)
}

/// The names after `$`.
fn values_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
        end.map_or(rest, |end| rest.split_at(end).0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str =
        "# What a comment says = is no text\n\nhello = Hello, { $name }\nbye = Bye\n";

    /// A text with words for every question at its end.
    fn with_questions(text: &str) -> String {
        let messages = PREDICATES.iter();
        let messages =
            messages.map(|(name, _)| format!("question-{} = ?\n", name.replace(':', "-")));
        text.to_owned() + &messages.collect::<String>()
    }

    fn checked(other: &str) -> Result<()> {
        check(&BTreeMap::from([
            ("frame.js".to_owned(), b"not looked at".to_vec()),
            (
                "strings/en.ftl".to_owned(),
                with_questions(ENGLISH).into_bytes(),
            ),
            (
                "strings/de.ftl".to_owned(),
                with_questions(other).into_bytes(),
            ),
        ]))
    }

    #[test]
    fn every_question_has_words_and_nothing_else_does() {
        let english = |text: String| {
            let assets = BTreeMap::from([("strings/en.ftl".to_owned(), text.into_bytes())]);
            check(&assets).map_err(|error| format!("{error:#}"))
        };
        let complete = with_questions(ENGLISH);
        assert!(english(complete.clone()).is_ok());
        let missing = complete.replace("question-age_over_18 = ?\n", "");
        let missing = english(missing).unwrap_err();
        assert!(
            missing.contains("`question-age_over_18` is missing"),
            "{missing}"
        );
        let more = english(complete + "question-age_over_21 = ?\n").unwrap_err();
        assert!(more.contains("cannot be asked"), "{more}");
    }

    #[test]
    fn a_complete_language_passes() {
        checked("bye = Auf Wiedersehen\nhello = Guten Tag,\n    { $name }\n").unwrap();
    }

    #[test]
    fn whatever_differs_is_refused_by_name() {
        for (other, fault) in [
            ("hello = Guten Tag, { $name }\n", "`bye` is missing"),
            (
                "hello = Guten Tag, { $nam }\nbye = Tschüss\n",
                "`hello` puts in",
            ),
            ("hello = Guten Tag\nbye = Tschüss\n", "`hello` puts in"),
            (
                "hello = { $name }\nbye = Tschüss\nmore = { $name }\n",
                "`more` is not in en",
            ),
            (
                "hello = { $name }\nbye = Tschüss\nbye = Ade\n",
                "`bye` is there twice",
            ),
            ("hello = { $name }\nbye: Tschüss\n", "line 2 is no text"),
            ("  hello\n", "line 1 belongs to no text"),
        ] {
            let error = format!("{:#}", checked(other).unwrap_err());
            assert!(error.starts_with("in strings/de.ftl"), "{error}");
            assert!(error.contains(fault), "{error}");
        }
    }

    #[test]
    fn other_files_and_no_english_are_refused() {
        let one = |path: &str| check(&BTreeMap::from([(path.to_owned(), Vec::new())]));
        assert!(one("strings/en.json").is_err());
        assert!(one("strings/de.ftl").is_err());
    }
}
