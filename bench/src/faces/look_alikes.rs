//! People who look alike, found without labels: k-means on the means of their embeddings (Lloyd, 1982, on the
//! unit sphere). Where a network has learnt less about a group of people, they crowd together, and one
//! threshold lets more of them pass for each other than the average says.

use super::album::Album;

/// Number of groups.
pub(super) const CLUSTERS: usize = 16;
/// The best of several starts is kept: k-means ends in the nearest valley.
const STARTS: u64 = 8;
const ROUNDS: usize = 100;

/// The group of each person of the album, 0 to [`CLUSTERS`] - 1. The same album gives the same groups.
pub(super) fn clusters(album: &Album) -> Vec<usize> {
    let means = means(album);
    (0..STARTS)
        .map(|start| k_means(&means, CLUSTERS, start))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, groups)| groups)
        .unwrap_or_default()
}

/// The normalised mean embedding of each person.
fn means(album: &Album) -> Vec<Vec<f32>> {
    let size = album
        .faces
        .first()
        .map_or(0, |f| f.embedding.values().len());
    let mut means = vec![vec![0.0; size]; album.people];
    for face in &album.faces {
        for (sum, value) in means[face.person].iter_mut().zip(face.embedding.values()) {
            *sum += value;
        }
    }
    for mean in &mut means {
        normalise(mean);
    }
    means
}

/// Groups, and how well they fit: the sum of every point's cosine with its centre.
fn k_means(points: &[Vec<f32>], k: usize, seed: u64) -> (f32, Vec<usize>) {
    let mut centres = spread_out(points, k, seed);
    let mut groups = vec![0; points.len()];
    let mut fit = f32::NEG_INFINITY;
    for _ in 0..ROUNDS {
        let nearest: Vec<(usize, f32)> = points.iter().map(|p| nearest(p, &centres)).collect();
        groups = nearest.iter().map(|(group, _)| *group).collect();
        let better = nearest.iter().map(|(_, cosine)| cosine).sum();
        if better <= fit {
            break;
        }
        fit = better;
        for (group, centre) in centres.iter_mut().enumerate() {
            let mut sum = vec![0.0; centre.len()];
            let members = points.iter().zip(&groups).filter(|(_, g)| **g == group);
            for (point, _) in members {
                sum.iter_mut().zip(point).for_each(|(s, v)| *s += v);
            }
            if normalise(&mut sum) {
                *centre = sum;
            }
        }
    }
    (fit, groups)
}

/// k-means++ (Arthur and Vassilvitskii, 2007): the next centre is a point drawn by its squared distance from
/// those there are.
fn spread_out(points: &[Vec<f32>], k: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = SplitMix(seed);
    let mut centres: Vec<Vec<f32>> = Vec::with_capacity(k);
    let first = (random.unit() * points.len() as f64) as usize;
    centres.extend(points.get(first).cloned());
    while centres.len() < k.min(points.len()) {
        let far: Vec<f64> = points
            .iter()
            .map(|p| f64::from(1.0 - nearest(p, &centres).1).max(0.0))
            .collect();
        let mut left = random.unit() * far.iter().sum::<f64>();
        let drawn = far.iter().position(|distance| {
            left -= distance;
            left <= 0.0
        });
        centres.extend(points.get(drawn.unwrap_or(0)).cloned());
    }
    centres
}

fn nearest(point: &[f32], centres: &[Vec<f32>]) -> (usize, f32) {
    centres
        .iter()
        .map(|centre| centre.iter().zip(point).map(|(c, p)| c * p).sum::<f32>())
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or((0, 0.0))
}

/// To length 1; `false` for the zero vector.
fn normalise(vector: &mut [f32]) -> bool {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
    length > 0.0
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same groups in every run, without a dependency.
struct SplitMix(u64);

impl SplitMix {
    /// 0 to 1, without 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three bundles of directions.
    fn bundles() -> Vec<Vec<f32>> {
        let mut random = SplitMix(7);
        (0..60)
            .map(|i| {
                let mut point = vec![0.0; 4];
                point[i % 3] = 1.0;
                point
                    .iter_mut()
                    .for_each(|v| *v += 0.2 * random.unit() as f32);
                normalise(&mut point);
                point
            })
            .collect()
    }

    #[test]
    fn bundles_are_found_whatever_the_start() {
        let points = bundles();
        let best = (0..4).map(|seed| k_means(&points, 3, seed));
        let (_, groups) = best.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        for (i, group) in groups.iter().enumerate() {
            assert_eq!(*group, groups[i % 3]);
        }
        assert_ne!(groups[0], groups[1]);
        assert_ne!(groups[1], groups[2]);
    }

    #[test]
    fn a_start_gives_the_same_groups_again() {
        let points = bundles();
        assert_eq!(k_means(&points, 5, 3).1, k_means(&points, 5, 3).1);
    }

    #[test]
    fn fewer_points_than_groups_are_no_trouble() {
        assert_eq!(k_means(&bundles()[..2], 16, 0).1.len(), 2);
        assert!(k_means(&[], 16, 0).1.is_empty());
    }
}
