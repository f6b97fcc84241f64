use super::*;

const SIZE: usize = 256;

fn set(id: &str) -> ModelSetId {
    ModelSetId::parse(id).unwrap()
}

fn rotation(key: u8) -> Rotation {
    Rotation::new(&Zeroizing::new([key; 32]), &set("open-1"), SIZE)
}

/// A face, its numbers drawn by a generator of their own.
fn face(seed: u64) -> Embedding {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let values = (0..SIZE).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    });
    Embedding::normalised(values.collect()).unwrap()
}

#[test]
fn cosines_stay_what_they_are() {
    let rotation = rotation(1);
    for (one, other) in [(1, 2), (3, 4), (5, 5)] {
        let (one, other) = (face(one), face(other));
        let turned = (
            rotation.apply(&one).unwrap(),
            rotation.apply(&other).unwrap(),
        );
        let (before, after) = (one.cosine(&other), turned.0.cosine(&turned.1));
        let apart = (before.unwrap() - after.unwrap()).abs();
        assert!(apart < 1e-6, "{apart}");
    }
}

#[test]
fn rows_are_orthonormal() {
    let rotation = rotation(7);
    let rows: Vec<&[f32]> = rotation.rows.chunks_exact(SIZE).collect();
    for (i, a) in rows.iter().enumerate() {
        for (j, b) in rows.iter().enumerate() {
            let product: f64 = a.iter().zip(*b).map(|(a, b)| f64::from(a * b)).sum();
            let expected = if i == j { 1.0 } else { 0.0 };
            assert!((product - expected).abs() < 1e-5, "{i} {j}: {product}");
        }
    }
}

/// Under two keys, of two sets, and with and without a rotation, one face is as far from itself as strangers are: cosines of
/// random directions of 256 numbers lie about 0 with a deviation of 1/16.
#[test]
fn what_leaks_of_one_equals_nothing_of_another() {
    let (ours, theirs) = (rotation(1), rotation(2));
    let other_set = Rotation::new(&Zeroizing::new([1; 32]), &set("other-1"), SIZE);
    let mut cosines = Vec::new();
    for seed in 0..40 {
        let face = face(seed);
        let ours = ours.apply(&face).unwrap();
        for other in [&theirs, &other_set] {
            cosines.push(ours.cosine(&other.apply(&face).unwrap()).unwrap());
        }
        cosines.push(ours.0.cosine(&face).unwrap());
    }
    let count = cosines.len() as f32;
    let mean = cosines.iter().sum::<f32>() / count;
    let deviation = (cosines.iter().map(|c| c * c).sum::<f32>() / count).sqrt();
    assert!(mean.abs() < 0.03, "{mean}");
    assert!((0.045..0.085).contains(&deviation), "{deviation}");
    assert!(cosines.iter().all(|c| c.abs() < 0.3));
}

#[test]
fn a_template_is_carried_to_another_key_without_its_owner() {
    let (old, new) = (rotation(1), rotation(2));
    let face = face(9);
    let leaked = old.apply(&face).unwrap();
    let carried = new.apply(&old.back(&leaked).unwrap()).unwrap();
    let again = new.apply(&face).unwrap();
    assert!(carried.cosine(&again).unwrap() > 0.999_999);
    assert!(carried.cosine(&leaked).unwrap() < 0.5);
}

#[test]
fn sizes_are_not_mixed() {
    let short = Embedding::normalised(vec![1.0, 0.0]).unwrap();
    assert!(rotation(1).apply(&short).is_err());
    let small = Rotation::new(&Zeroizing::new([1; 32]), &set("open-1"), 2);
    let turned = small.apply(&short).unwrap();
    assert!(rotation(1).back(&turned).is_err());
    assert!(
        turned
            .moved(&rotation(1).apply(&face(1)).unwrap(), 0.1)
            .is_err()
    );
    let one = Rotation::new(&Zeroizing::new([1; 32]), &set("open-1"), 1);
    let only = Embedding::normalised(vec![1.0]).unwrap();
    assert!((one.apply(&only).unwrap().values()[0].abs() - 1.0).abs() < 1e-6);
}

/// What is stored depends on it: another way of drawing would make every template a stranger's.
#[test]
fn the_rotation_of_a_key_is_pinned() {
    let small = Rotation::new(&Zeroizing::new([3; 32]), &set("open-1"), 2);
    let turned = small
        .apply(&Embedding::normalised(vec![0.6, 0.8]).unwrap())
        .unwrap();
    let values = turned.values();
    assert!((values[0] - PINNED[0]).abs() < 1e-6, "{values:?}");
    assert!((values[1] - PINNED[1]).abs() < 1e-6, "{values:?}");
}

/// Computed by another program.
const PINNED: [f32; 2] = [0.959_886_26, -0.280_389_67];

#[test]
fn a_step_is_a_tenth_of_the_way() {
    let of =
        |values: [f32; 2]| ProtectedEmbedding::of(Embedding::normalised(values.to_vec()).unwrap());
    let (template, capture) = (of([1.0, 0.0]), of([0.6, 0.8]));
    let before = template.cosine(&capture).unwrap();
    let moved = template.moved(&capture, 0.1).unwrap();
    // (0.96, 0.08), scaled to norm 1.
    assert!((moved.values()[1] / moved.values()[0] - 0.08 / 0.96).abs() < 1e-6);
    assert!(moved.cosine(&capture).unwrap() > before);
    assert!(moved.cosine(&template).unwrap() > 0.99);
}
