//! Which faults may be looked past after a while: nobody is kept out by their own looks.
//!
//! Whether eyes are open, a face is covered or its light even is read from colours and shades, and these
//! measures err: of 1,549 photographs five with open eyes count as closed (`docs/quality.md`). Some people
//! cannot open their eyes, or cannot take off what the measure takes for a cover. The hint has then been read
//! and not helped; saying it for ever would lock the resident out. What the picture is worth is left to the
//! comparison.

use nod_protocol::codes::Code;
use nod_protocol::ids::Purpose;

/// Milliseconds of a fault after which it is looked past: long enough to read the hint and do as it says.
const ENOUGH_MILLIS: u64 = 5_000;
/// A longer gap between frames (the page was hidden, the camera unplugged) is no time in front of the camera.
const GAP_MILLIS: u64 = 500;

/// How long each fault of this kind has been in the way since the session began.
#[derive(Default)]
pub struct Patience {
    last: Option<u64>,
    waited: Vec<(Code, u64)>,
}

impl Patience {
    /// The first of a frame's faults that is not looked past; the frame was taken at `at` (milliseconds, any
    /// origin). The fault in the way is the one whose time counts.
    pub fn observe(
        &mut self,
        at: u64,
        purpose: Purpose,
        mut faults: impl Iterator<Item = Code>,
    ) -> Option<Code> {
        let passed = self
            .last
            .replace(at)
            .map_or(0, |last| at.saturating_sub(last));
        let fault = faults.find(|fault| !self.is_over(*fault, purpose));
        if let Some(fault) = fault.filter(|fault| may_yield(*fault, purpose)) {
            let passed = passed.min(GAP_MILLIS);
            match self.waited.iter_mut().find(|(code, _)| *code == fault) {
                Some((_, waited)) => *waited += passed,
                None => self.waited.push((fault, passed)),
            }
        }
        fault
    }

    fn is_over(&self, fault: Code, purpose: Purpose) -> bool {
        let waited = self.waited.iter().find(|(code, _)| *code == fault);
        may_yield(fault, purpose) && waited.is_some_and(|(_, waited)| *waited >= ENOUGH_MILLIS)
    }
}

/// A template is compared with for years: enrolling insists on a face that is not covered and evenly lit. Not on open
/// eyes, which not everybody has.
fn may_yield(fault: Code, purpose: Purpose) -> bool {
    let when_verifying = matches!(fault, Code::HintCovered | Code::HintUnevenLight);
    fault == Code::HintEyesClosed || (when_verifying && purpose == Purpose::Verify)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EYES: Code = Code::HintEyesClosed;

    /// What is in the way of frames a tenth of a second apart that all have these faults.
    fn seen(purpose: Purpose, faults: &[Code], frames: u64) -> Vec<Option<Code>> {
        let mut patience = Patience::default();
        (0..frames)
            .map(|frame| patience.observe(100 * frame, purpose, faults.iter().copied()))
            .collect()
    }

    #[test]
    fn what_the_resident_may_not_be_able_to_change_is_looked_past_after_five_seconds() {
        for fault in [EYES, Code::HintCovered, Code::HintUnevenLight] {
            let seen = seen(Purpose::Verify, &[fault], 60);
            assert!(seen[..=50].iter().all(|seen| *seen == Some(fault)));
            assert!(seen[51..].iter().all(Option::is_none));
        }
    }

    #[test]
    fn everything_else_stays_in_the_way() {
        for fault in [Code::HintTooDark, Code::HintBlurred, Code::HintManyFaces] {
            assert!(seen(Purpose::Verify, &[fault], 200).contains(&Some(fault)));
            assert_eq!(seen(Purpose::Verify, &[fault], 200)[199], Some(fault));
        }
    }

    #[test]
    fn enrolling_insists_on_all_but_open_eyes() {
        assert_eq!(seen(Purpose::Enrol, &[EYES], 60)[59], None);
        for fault in [Code::HintCovered, Code::HintUnevenLight] {
            assert_eq!(seen(Purpose::Enrol, &[fault], 200)[199], Some(fault));
        }
    }

    #[test]
    fn one_fault_is_looked_past_and_the_next_is_not() {
        let seen = seen(Purpose::Verify, &[Code::HintUnevenLight, EYES], 120);
        assert_eq!(seen[50], Some(Code::HintUnevenLight));
        assert_eq!(seen[60], Some(EYES), "its own time begins now");
        assert_eq!(seen[119], None);
    }

    #[test]
    fn time_without_a_picture_and_clocks_that_jump_do_not_count() {
        let mut patience = Patience::default();
        for at in [0, 60_000, 120_000, 10, 180_000] {
            let fault = patience.observe(at, Purpose::Verify, [EYES].into_iter());
            assert_eq!(fault, Some(EYES), "{at}");
        }
    }
}
