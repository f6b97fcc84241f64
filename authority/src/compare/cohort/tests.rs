use nod_protocol::payload::Embedding;

use super::{super::normalise::normalised, *};

/// Any vector, the same in the independent computation: whole numbers, then norm 1.
fn vector(i: u32) -> ProtectedEmbedding {
    let value = |j: u32| ((i * 131 + j * 71 + i * j * 17) % 101) as f32 - 50.0;
    ProtectedEmbedding::of(Embedding::normalised((0..20).map(value).collect()).unwrap())
}

fn owner(i: u32) -> Owner {
    u128::from(i).to_be_bytes()
}

fn cohort(members: u32, top: usize, centre: bool) -> Cohort {
    Cohort::new(
        ModelSetId::parse("open-1").unwrap(),
        7,
        (0..members).map(|i| (owner(i), vector(i))),
        Normalisation { top, centre },
    )
    .unwrap()
}

fn statistics(cohort: &Cohort, of: &ProtectedEmbedding, without: Option<Owner>) -> Statistics {
    let view = cohort.view(of).unwrap();
    cohort.statistics(&view, without.as_ref()).unwrap()
}

/// Computed with NumPy 2.4 in double precision, not by this code:
///
/// ```python
/// v = lambda i: unit(np.array([((i*131 + j*71 + i*j*17) % 101) - 50 for j in range(20)]))
/// unit = lambda a: a / np.linalg.norm(a, axis=-1, keepdims=True)
/// M, p, t = np.array([v(i) for i in range(12)]), v(100), v(103)
/// m = M.mean(0) if centre else 0
/// C, P, T = unit(M - m), unit(p - m), unit(t - m)
/// top = lambda x: np.sort(C[[i for i in range(12) if i != 2]] @ x)[-5:]
/// P @ T, top(P).mean(), top(P).std(), top(T).mean(), top(T).std()
/// ```
#[test]
fn agrees_with_an_independent_computation() {
    let expected = [
        (
            false,
            [0.123966, 0.164652, 0.243648, 0.275907, 0.116349, -0.736443],
        ),
        (
            true,
            [0.117983, 0.205107, 0.230808, 0.125934, 0.154988, -0.214387],
        ),
    ];
    for (centre, [score, p_mean, p_deviation, t_mean, t_deviation, norm]) in expected {
        let cohort = cohort(12, 5, centre);
        let (probe, template) = (vector(100), vector(103));
        let near = |a: f32, b: f32| assert!((a - b).abs() < 5e-6, "{centre} {a} {b}");
        let (p, t) = (
            statistics(&cohort, &probe, Some(owner(2))),
            statistics(&cohort, &template, Some(owner(2))),
        );
        near(p.mean, p_mean);
        near(p.deviation, p_deviation);
        near(t.mean, t_mean);
        near(t.deviation, t_deviation);
        let cosine = cohort
            .view(&probe)
            .unwrap()
            .cosine(&cohort.view(&template).unwrap());
        near(cosine, score);
        near(normalised(cosine, p, t), norm);
    }
}

#[test]
fn the_claimed_resident_is_left_out_and_nobody_else() {
    let cohort = cohort(12, 3, false);
    let own = vector(4);
    let with = statistics(&cohort, &own, None);
    let without = statistics(&cohort, &own, Some(owner(4)));
    assert!(with.mean > without.mean + 0.1);
    let stranger = statistics(&cohort, &own, Some(owner(99)));
    assert_eq!(stranger.mean, with.mean);
}

#[test]
fn a_top_beyond_the_members_is_all_of_them_without_the_one_left_out() {
    let large = cohort(12, 500, false);
    let view = large.view(&vector(50)).unwrap();
    let mean = (0..11)
        .map(|i| view.cosine(&large.view(&vector(i)).unwrap()))
        .sum::<f32>()
        / 11.0;
    let of = large.statistics(&view, Some(&owner(11))).unwrap();
    assert!((of.mean - mean).abs() < 1e-5);
    let alone = cohort(1, 5, false);
    assert!(matches!(
        alone.statistics(&view, Some(&owner(0))),
        Err(CohortError::Empty)
    ));
}

#[test]
fn what_does_not_fit_is_refused() {
    let set = || ModelSetId::parse("open-1").unwrap();
    let rule = |centre| Normalisation { top: 2, centre };
    let none: [(Owner, ProtectedEmbedding); 0] = [];
    let short = ProtectedEmbedding::of(Embedding::normalised(vec![1.0, 2.0]).unwrap());
    assert!(matches!(
        Cohort::new(set(), 1, none, rule(false)),
        Err(CohortError::Empty)
    ));
    let mixed = [(owner(1), &vector(1)), (owner(2), &short)];
    assert!(matches!(
        Cohort::new(set(), 1, mixed, rule(false)),
        Err(CohortError::Sizes)
    ));
    // One member is its own mean.
    assert!(matches!(
        Cohort::new(set(), 1, [(owner(1), vector(1))], rule(true)),
        Err(CohortError::NoDirection)
    ));
    let cohort = cohort(12, 2, false);
    assert!(matches!(cohort.view(&short), Err(CohortError::Sizes)));
}

#[test]
fn the_stamp_changes_with_everything_that_statistics_depend_on() {
    let stamps = [
        cohort(12, 5, false).stamp(),
        cohort(11, 5, false).stamp(),
        cohort(12, 4, false).stamp(),
        cohort(12, 5, true).stamp(),
    ];
    for (at, stamp) in stamps.iter().enumerate() {
        assert!(!stamps[at + 1..].contains(stamp), "{stamp}");
    }
    assert_eq!(stamps[3], "v7 n12 k5 centred");
}

#[test]
fn lanes_add_up_to_the_plain_sum() {
    for length in [1, 15, 16, 17, 128, 256, 1023] {
        let a: Vec<f32> = (0..length).map(|i| (i as f32).sin()).collect();
        let b: Vec<f32> = (0..length).map(|i| (i as f32).cos()).collect();
        let plain: f64 = a
            .iter()
            .zip(&b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum();
        assert!((f64::from(dot(&a, &b)) - plain).abs() < 1e-4, "{length}");
    }
}
