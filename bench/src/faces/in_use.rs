//! What the thresholds of the manifest do: how many of the cross-fitted pairs they let pass.

use super::album::Album;
use super::cross_fit::Comparison;
use super::figures::Counted;

/// The thresholds of level light.
#[derive(Clone, Copy)]
pub(super) struct Thresholds {
    /// On the raw cosine, without a cohort.
    pub(super) cosine: f32,
    /// On the normalised score, with one.
    pub(super) normalised: f32,
    /// On the raw cosine besides.
    pub(super) floor: f32,
}

/// The same pairs at the thresholds in use.
pub(super) struct InUse {
    pub(super) thresholds: Thresholds,
    pub(super) cosine: Passed,
    pub(super) normalised: Passed,
    /// Without the floor: what the floor costs is the difference.
    pub(super) without_floor: Passed,
    /// The raw cosine that lets as many look-alikes pass as the normalised score does, and what it does.
    pub(super) fair: (f32, Passed),
}

/// How many pairs pass.
#[derive(Clone, Copy)]
pub(super) struct Passed {
    pub(super) genuine: Counted,
    pub(super) impostor: Counted,
    pub(super) look_alikes: Counted,
}

impl InUse {
    /// `groups` says which group of look-alikes each person is in.
    pub(super) fn measure(
        album: &Album,
        groups: &[usize],
        comparisons: &[Comparison],
        thresholds: Thresholds,
    ) -> Self {
        let passed = |passes: &dyn Fn(&Comparison) -> bool| {
            Passed::count(album, groups, comparisons, passes)
        };
        let by_score = |pair: &Comparison| pair.normalised >= thresholds.normalised;
        let normalised = passed(&|pair| by_score(pair) && pair.raw >= thresholds.floor);
        let mut look_alikes: Vec<f32> = comparisons
            .iter()
            .filter(|pair| kind(album, groups, pair) == Kind::LookAlikes)
            .map(|pair| pair.raw)
            .collect();
        look_alikes.sort_by(|a, b| b.total_cmp(a));
        let fair = look_alikes
            .get(normalised.look_alikes.matches)
            .map_or(f32::NEG_INFINITY, |one_too_many| one_too_many.next_up());
        Self {
            thresholds,
            cosine: passed(&|pair| pair.raw >= thresholds.cosine),
            normalised,
            without_floor: passed(&by_score),
            fair: (fair, passed(&|pair| pair.raw >= fair)),
        }
    }
}

impl Passed {
    fn count(
        album: &Album,
        groups: &[usize],
        comparisons: &[Comparison],
        passes: &dyn Fn(&Comparison) -> bool,
    ) -> Self {
        let nothing = Counted {
            matches: 0,
            trials: 0,
        };
        let mut counted = Self {
            genuine: nothing,
            impostor: nothing,
            look_alikes: nothing,
        };
        for pair in comparisons {
            let passes = passes(pair);
            match kind(album, groups, pair) {
                Kind::OnePerson => counted.genuine.add(passes),
                Kind::Strangers => counted.impostor.add(passes),
                Kind::LookAlikes => {
                    counted.impostor.add(passes);
                    counted.look_alikes.add(passes);
                }
            }
        }
        counted
    }
}

#[derive(PartialEq)]
enum Kind {
    OnePerson,
    Strangers,
    /// Strangers of one group.
    LookAlikes,
}

fn kind(album: &Album, groups: &[usize], pair: &Comparison) -> Kind {
    let [one, other] = pair.faces.map(|at| album.faces[at].person);
    if one == other {
        Kind::OnePerson
    } else if groups[one] == groups[other] {
        Kind::LookAlikes
    } else {
        Kind::Strangers
    }
}
