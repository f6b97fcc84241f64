//! What is reported, computed from an album. Only numbers; their words are in `report`.

use std::collections::HashMap;

use anyhow::Result;
use nod_authority::compare::normalise::Normalisation;
use nod_protocol::ids::ModelSetId;

use super::album::Album;
use super::cross_fit::{self, Comparison};
use super::fusion::Fusion;
use super::in_use::{InUse, Thresholds};
use super::list::{List, Pair};
use super::look_alikes::{CLUSTERS, clusters};
use super::scores::{Score, Scores};
use crate::interval::wilson;

/// False match rates at which the true match rate is reported.
pub(super) const RATES: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-5];

/// All figures of one model set.
pub(super) struct Figures {
    pub(super) pictures: usize,
    pub(super) people: usize,
    pub(super) without_face: Vec<std::path::PathBuf>,
    /// Milliseconds of one core.
    pub(super) per_picture: f64,
    pub(super) listed: Listed,
    /// Every pair of pictures, each counting once.
    pub(super) all: Rates,
    /// Every pair of pictures; each person, and each pair of people, counting once.
    pub(super) balanced: Rates,
    pub(super) cohort: CrossFitted,
    pub(super) fusion: Fused,
}

/// The pairs of the list.
pub(super) struct Listed {
    pub(super) counts: (usize, usize),
    pub(super) folds: usize,
    /// 0 to 1, mean of the folds, and the standard error of that mean.
    pub(super) accuracy: (f64, f64),
    pub(super) equal_error_rate: f64,
    pub(super) true_match_rate_at_1e_2: f64,
}

/// True match rates at [`RATES`].
pub(super) struct Rates {
    pub(super) counts: (usize, usize),
    pub(super) points: Vec<Point>,
}

/// Templates of several pictures against those of one, at [`RATES`].
pub(super) struct Fused {
    pub(super) people: usize,
    pub(super) single: Rates,
    pub(super) equal: Rates,
    pub(super) weighed: Rates,
}

/// One line of a table.
pub(super) struct Point {
    pub(super) false_match_rate: f64,
    pub(super) threshold: f32,
    pub(super) true_match_rate: f64,
    /// How many impostor comparisons match at this threshold.
    pub(super) false_matches: usize,
}

/// The same comparisons raw and normalised.
pub(super) struct CrossFitted {
    pub(super) sizes: [usize; 2],
    pub(super) rule: Normalisation,
    pub(super) raw: Measured,
    pub(super) normalised: Measured,
    pub(super) in_use: InUse,
}

/// One kind of score.
pub(super) struct Measured {
    pub(super) all: Rates,
    pub(super) balanced: Rates,
    /// Impostor pairs within all groups of look-alikes, at the thresholds that let [`RATES`] of all in.
    pub(super) pooled: [Counted; RATES.len()],
    /// The group for which the threshold that lets 1 in 1,000 of all in is worst.
    pub(super) worst: Counted,
}

/// False matches that were counted.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    pub(super) matches: usize,
    pub(super) trials: usize,
}

impl Counted {
    pub(super) fn rate(self) -> f64 {
        self.matches as f64 / self.trials.max(1) as f64
    }

    pub(super) fn add(&mut self, is_match: bool) {
        self.trials += 1;
        self.matches += usize::from(is_match);
    }

    /// 95 %.
    pub(super) fn interval(self) -> (f64, f64) {
        wilson(self.matches as f64, self.trials as f64)
    }
}

impl Figures {
    pub(super) fn measure(
        list: &List,
        album: &Album,
        set: &ModelSetId,
        rule: Normalisation,
        thresholds: Thresholds,
    ) -> Result<Self> {
        let (mut all, mut balanced) = (Sorter::new(album, false), Sorter::new(album, true));
        for (i, one) in album.faces.iter().enumerate() {
            for (j, other) in album.faces.iter().enumerate().skip(i + 1) {
                if let Some(cosine) = one.embedding.cosine(&other.embedding) {
                    all.add([i, j], cosine);
                    balanced.add([i, j], cosine);
                }
            }
        }
        Ok(Self {
            pictures: list.pictures().len(),
            people: album.people,
            without_face: album.without_face.clone(),
            per_picture: album.per_picture.as_secs_f64() * 1000.0,
            listed: Listed::measure(list, album),
            all: Rates::of(&all.scores()),
            balanced: Rates::of(&balanced.scores()),
            cohort: CrossFitted::measure(album, set, rule, thresholds)?,
            fusion: Fused::measure(album)?,
        })
    }
}

impl Listed {
    fn measure(list: &List, album: &Album) -> Self {
        let folds: Vec<Scores> = list
            .folds
            .iter()
            .map(|fold| scores_of(fold, album))
            .collect();
        let whole = scores_of(list.folds.iter().flatten(), album);
        let accuracies: Vec<f64> = if folds.len() == 1 {
            vec![whole.best_accuracy().0]
        } else {
            (0..folds.len())
                .map(|held_out| {
                    let others = list.folds.iter().enumerate();
                    let others = others.filter(|(at, _)| *at != held_out);
                    let (_, threshold) =
                        scores_of(others.flat_map(|(_, fold)| fold), album).best_accuracy();
                    folds[held_out].accuracy(threshold)
                })
                .collect()
        };
        Self {
            counts: whole.counts(),
            folds: folds.len(),
            accuracy: mean_and_error(&accuracies),
            equal_error_rate: whole.equal_error_rate(),
            true_match_rate_at_1e_2: whole.true_match_rate(whole.threshold(1e-2)),
        }
    }
}

impl Rates {
    fn of(scores: &Scores) -> Self {
        let point = |false_match_rate| {
            let threshold = scores.threshold(false_match_rate);
            Point {
                false_match_rate,
                threshold,
                true_match_rate: scores.true_match_rate(threshold),
                false_matches: scores.false_matches(threshold),
            }
        };
        Self {
            counts: scores.counts(),
            points: RATES.map(point).into(),
        }
    }
}

impl CrossFitted {
    fn measure(
        album: &Album,
        set: &ModelSetId,
        rule: Normalisation,
        thresholds: Thresholds,
    ) -> Result<Self> {
        let (comparisons, sizes) = cross_fit::compare(album, set, rule)?;
        let groups = clusters(album);
        let measured =
            |score: fn(&Comparison) -> f32| Measured::of(album, &groups, &comparisons, score);
        Ok(Self {
            sizes,
            rule,
            raw: measured(|comparison| comparison.raw),
            normalised: measured(|comparison| comparison.normalised),
            in_use: InUse::measure(album, &groups, &comparisons, thresholds),
        })
    }
}

impl Fused {
    fn measure(album: &Album) -> Result<Self> {
        let fusion = Fusion::measure(album)?;
        Ok(Self {
            people: fusion.people,
            single: Rates::of(&fusion.single),
            equal: Rates::of(&fusion.equal),
            weighed: Rates::of(&fusion.weighed),
        })
    }
}

impl Measured {
    fn of(
        album: &Album,
        groups: &[usize],
        comparisons: &[Comparison],
        score: fn(&Comparison) -> f32,
    ) -> Self {
        let (mut all, mut balanced) = (Sorter::new(album, false), Sorter::new(album, true));
        for comparison in comparisons {
            all.add(comparison.faces, score(comparison));
            balanced.add(comparison.faces, score(comparison));
        }
        let all = all.scores();
        let within = |threshold: f32| {
            let mut counted = [Counted {
                matches: 0,
                trials: 0,
            }; CLUSTERS];
            for comparison in comparisons {
                let [one, other] = comparison.faces.map(|at| album.faces[at].person);
                if one != other && groups[one] == groups[other] {
                    let group = &mut counted[groups[one]];
                    group.add(score(comparison) >= threshold);
                }
            }
            counted
        };
        let sum = |a: Counted, b: &Counted| Counted {
            matches: a.matches + b.matches,
            trials: a.trials + b.trials,
        };
        let nothing = Counted {
            matches: 0,
            trials: 0,
        };
        Self {
            pooled: RATES.map(|rate| within(all.threshold(rate)).iter().fold(nothing, sum)),
            worst: within(all.threshold(1e-3))
                .into_iter()
                .max_by(|a, b| a.rate().total_cmp(&b.rate()))
                .unwrap_or(nothing),
            all: Rates::of(&all),
            balanced: Rates::of(&balanced.scores()),
        }
    }
}

/// Sorts comparisons into genuine and impostor, with weights.
struct Sorter<'a> {
    album: &'a Album,
    /// Pictures of each person, when people and not pictures shall weigh the same.
    pictures: Option<HashMap<usize, f64>>,
    genuine: Vec<Score>,
    impostor: Vec<Score>,
}

impl<'a> Sorter<'a> {
    fn new(album: &'a Album, is_balanced: bool) -> Self {
        let pictures = is_balanced.then(|| {
            let mut pictures = HashMap::new();
            for face in &album.faces {
                *pictures.entry(face.person).or_insert(0.0) += 1.0;
            }
            pictures
        });
        Self {
            album,
            pictures,
            genuine: Vec::new(),
            impostor: Vec::new(),
        }
    }

    fn add(&mut self, faces: [usize; 2], value: f32) {
        let [one, other] = faces.map(|at| self.album.faces[at].person);
        let comparisons = self.pictures.as_ref().map_or(1.0, |pictures| {
            if one == other {
                pictures[&one] * (pictures[&one] - 1.0) / 2.0
            } else {
                pictures[&one] * pictures[&other]
            }
        });
        let side = if one == other {
            &mut self.genuine
        } else {
            &mut self.impostor
        };
        side.push(Score {
            value,
            weight: 1.0 / comparisons,
        });
    }

    fn scores(self) -> Scores {
        Scores::new(self.genuine, self.impostor)
    }
}

/// Pairs with a picture in which no face was found are left out; the report counts those pictures.
fn scores_of<'a>(pairs: impl IntoIterator<Item = &'a Pair>, album: &Album) -> Scores {
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    for pair in pairs {
        let faces = album.find(&pair.one).zip(album.find(&pair.other));
        let cosine = faces.and_then(|(a, b)| a.embedding.cosine(&b.embedding));
        if let Some(value) = cosine {
            let score = Score { value, weight: 1.0 };
            if pair.is_one_person() {
                genuine.push(score);
            } else {
                impostor.push(score);
            }
        }
    }
    Scores::new(genuine, impostor)
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (variance / n).sqrt())
}
