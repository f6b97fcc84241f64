//! How many bits of a sketch are set. A verification asks some 3,350 times, and the oldest x86-64 that this program runs on
//! has no instruction for it.
//!
//! Three words are added bit by bit into two, of ones and of twos, until sixteen have become one word each of ones, twos,
//! fours and eights and one that is left; counted are those five. Source: R. Seal's and W. Harley's method in W. Muła,
//! N. Kurz, D. Lemire, "Faster Population Counts Using AVX2 Instructions", Computer Journal 61 (2018),
//! doi:10.1093/comjnl/bxx046.

use super::WORDS;

/// Words that are worked on at the same time: a vector of the oldest x86-64.
const LANES: usize = 2;
type Lanes = [u64; LANES];

/// 0 to 2,048.
pub(super) fn counted(words: &[u64; WORDS]) -> u32 {
    const { assert!(WORDS == 16 * LANES) };
    let (all, _) = words.as_chunks::<LANES>();
    let (ones, twos_0) = added(all[0], all[1], all[2]);
    let (ones, twos_1) = added(ones, all[3], all[4]);
    let (ones, twos_2) = added(ones, all[5], all[6]);
    let (ones, twos_3) = added(ones, all[7], all[8]);
    let (ones, twos_4) = added(ones, all[9], all[10]);
    let (ones, twos_5) = added(ones, all[11], all[12]);
    let (ones, twos_6) = added(ones, all[13], all[14]);
    let (twos, fours_0) = added(twos_0, twos_1, twos_2);
    let (twos, fours_1) = added(twos, twos_3, twos_4);
    let (twos, fours_2) = added(twos, twos_5, twos_6);
    let (fours, eights) = added(fours_0, fours_1, fours_2);
    set(all[15]) + set(ones) + 2 * set(twos) + 4 * set(fours) + 8 * set(eights)
}

/// A full adder for each bit: sum and carry.
fn added(a: Lanes, b: Lanes, c: Lanes) -> (Lanes, Lanes) {
    let half: Lanes = std::array::from_fn(|at| a[at] ^ b[at]);
    (
        std::array::from_fn(|at| half[at] ^ c[at]),
        std::array::from_fn(|at| (a[at] & b[at]) | (half[at] & c[at])),
    )
}

fn set(words: Lanes) -> u32 {
    words.iter().map(|word| word.count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_wherever_they_are() {
        assert_eq!(counted(&[0; WORDS]), 0);
        assert_eq!(counted(&[u64::MAX; WORDS]), 2048);
        for at in 0..WORDS {
            let mut one = [0; WORDS];
            one[at] = 1 << (2 * at);
            assert_eq!(counted(&one), 1, "{at}");
            assert_eq!(counted(&one.map(|word| !word)), 2047, "{at}");
            one[..at].fill(u64::MAX);
            assert_eq!(counted(&one), 64 * at as u32 + 1, "{at}");
        }
    }
}
