//! One piece of memory for all pictures: those that are needed at the same time lie apart.

use crate::Error;

/// Limit on all pictures together: 64 MiB of values.
pub(crate) const MAX_VALUES: usize = 1 << 24;

/// A picture's size and the steps between which it is needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    pub(crate) values: usize,
    /// The step that writes it; the input is written before step 0.
    pub(crate) first: usize,
    /// The last step that reads it.
    pub(crate) last: usize,
}

/// The start of each picture, and the size of the whole.
///
/// Each goes to the lowest place that is free for as long as it is needed, the large ones first.
pub(crate) fn assign(needs: &[Need]) -> Result<(Vec<usize>, usize), Error> {
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(needs[*i].values));
    let mut starts = vec![0; needs.len()];
    let mut placed: Vec<usize> = Vec::new();
    let mut total = 0;
    for index in order {
        let need = needs[index];
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .filter(|p| needs[**p].first <= need.last && need.first <= needs[**p].last)
            .map(|p| (starts[*p], starts[*p] + needs[*p].values))
            .collect();
        taken.sort_unstable();
        let mut start = 0;
        for (from, to) in taken {
            if from >= start + need.values {
                break;
            }
            start = start.max(to);
        }
        starts[index] = start;
        total = total.max(start + need.values);
        if total > MAX_VALUES {
            return Err(Error::TooLarge);
        }
        placed.push(index);
    }
    Ok((starts, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_the_same_time_lie_apart_and_others_share() {
        let need = |values, first, last| Need {
            values,
            first,
            last,
        };
        let needs = [
            need(10, 0, 1),
            need(4, 1, 2),
            need(8, 2, 5),
            need(3, 2, 3),
            need(6, 4, 5),
        ];
        let (starts, total) = assign(&needs).unwrap();
        for (i, a) in needs.iter().enumerate() {
            for (j, b) in needs.iter().enumerate().skip(i + 1) {
                let together = a.first <= b.last && b.first <= a.last;
                let apart = starts[i] + a.values <= starts[j] || starts[j] + b.values <= starts[i];
                assert!(apart || !together, "{i} {j}");
            }
        }
        assert!(total < 10 + 4 + 8, "{total}");
    }

    #[test]
    fn more_than_a_page_should_take_is_refused() {
        let need = Need {
            values: MAX_VALUES,
            first: 0,
            last: 1,
        };
        assert!(assign(&[need]).is_ok());
        assert_eq!(assign(&[need, need]), Err(Error::TooLarge));
    }
}
