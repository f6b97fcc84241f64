//! The list of pairs, in the form that LFW publishes.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

/// A person and the number of the photograph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Picture {
    pub(super) person: String,
    pub(super) number: u32,
}

/// Two pictures that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) one: Picture,
    pub(super) other: Picture,
}

/// Pairs in one fold (the threshold is picked on the pairs themselves) or several (on the other folds).
pub(super) struct List {
    pub(super) folds: Vec<Vec<Pair>>,
}

impl Picture {
    /// Relative to the folder of all pictures.
    pub(super) fn path(&self) -> PathBuf {
        let Self { person, number } = self;
        PathBuf::from(format!("{person}/{person}_{number:04}.jpg"))
    }
}

impl Pair {
    pub(super) fn is_one_person(&self) -> bool {
        self.one.person == self.other.person
    }
}

impl List {
    /// # Errors
    /// Names the line that is no pair, or the numbers that do not add up.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
        let (_, first) = lines.next().context("the list is empty")?;
        let (folds, of_each_kind) = header(first)?;
        let pairs = lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| pair(line).with_context(|| format!("line {number}: {line:?}")))
            .collect::<Result<Vec<_>>>()?;
        let in_fold = 2 * of_each_kind;
        ensure!(
            in_fold > 0 && pairs.len() == folds * in_fold,
            "the first line says {folds} × {in_fold} pairs, and {} follow",
            pairs.len()
        );
        Ok(Self {
            folds: pairs.chunks(in_fold).map(<[Pair]>::to_vec).collect(),
        })
    }

    /// Every picture of the list once, in order.
    pub(super) fn pictures(&self) -> BTreeSet<&Picture> {
        self.folds
            .iter()
            .flatten()
            .flat_map(|pair| [&pair.one, &pair.other])
            .collect()
    }
}

/// `500`, or `10 300`: folds, and pairs of each kind in a fold.
fn header(line: &str) -> Result<(usize, usize)> {
    let numbers = line
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<Vec<usize>, _>>()
        .with_context(|| format!("the first line should hold numbers: {line:?}"))?;
    match numbers.as_slice() {
        [pairs] => Ok((1, *pairs)),
        [folds, pairs] => Ok((*folds, *pairs)),
        _ => bail!("the first line should hold one or two numbers: {line:?}"),
    }
}

fn pair(line: &str) -> Result<Pair> {
    let picture = |person: &str, number: &str| -> Result<Picture> {
        Ok(Picture {
            person: person.to_owned(),
            number: number.trim().parse().context("no picture number")?,
        })
    };
    let (one, other) = match line.split('\t').collect::<Vec<_>>().as_slice() {
        [person, a, b] => (picture(person, a)?, picture(person, b)?),
        [person, a, another, b] => (picture(person, a)?, picture(another, b)?),
        _ => bail!("a pair has three or four fields, separated by tabs"),
    };
    Ok(Pair { one, other })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fold_and_several_are_read() {
        let single = List::parse("1\nAda\t1\t2\nAda\t1\tBob\t3\n").unwrap();
        assert_eq!(single.folds.len(), 1);
        assert!(single.folds[0][0].is_one_person() && !single.folds[0][1].is_one_person());
        assert_eq!(single.pictures().len(), 3);
        let path = single.folds[0][1].other.path();
        assert_eq!(path, PathBuf::from("Bob/Bob_0003.jpg"));

        let double = List::parse("2\t1\nA\t1\t2\nA\t1\tB\t1\nC\t1\t2\nC\t1\tD\t1\n").unwrap();
        assert_eq!(double.folds.len(), 2);
        assert_eq!(double.folds[1][0].one.person, "C");
    }

    #[test]
    fn what_is_no_list_is_named() {
        let error = |text: &str| format!("{:#}", List::parse(text).err().unwrap());
        assert!(error("").contains("empty"));
        assert!(error("pairs\n").contains("numbers"));
        assert!(error("1\nAda\t1\t2\nAda 1 2\n").contains("line 3"));
        assert!(error("1\nAda\t1\tx\nA\t1\tB\t1\n").contains("line 2"));
        assert!(error("2\nAda\t1\t2\n").contains("1 follow"));
    }
}
