//! From what is wrong with each frame to a hint that can be read: it does not flicker.

use nod_protocol::codes::Code;

/// A fault is shown once it has been there for this long. Short enough to be felt as an answer to what one does,
/// longer than a blink of the detector.
const HOLD_MILLIS: u64 = 200;

/// The hint that the resident sees.
///
/// It appears after 200 ms of faults (the first frame of all speaks at once: there is nothing yet to flicker
/// against), gives way to another fault after the same time, and goes with the first good frame. That frame is good by
/// a margin ([`super::Quality::fault`]), so going does not flicker either, and nobody waits who has done as told.
#[derive(Default)]
pub struct Hints {
    began: bool,
    shown: Option<Code>,
    /// Since when every frame has had a fault that is not the one shown.
    otherwise_since: Option<u64>,
}

impl Hints {
    /// What is shown now.
    pub fn shown(&self) -> Option<Code> {
        self.shown
    }

    /// Takes note of the fault of a frame, taken at `at` (milliseconds, any origin), and says what to show.
    pub fn observe(&mut self, at: u64, fault: Option<Code>) -> Option<Code> {
        if fault.is_none() || fault == self.shown {
            self.otherwise_since = None;
            self.shown = fault;
        } else {
            let since = *self.otherwise_since.get_or_insert(at);
            if !self.began || at.saturating_sub(since) >= HOLD_MILLIS {
                self.otherwise_since = None;
                self.shown = fault;
            }
        }
        self.began = true;
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DARK: Option<Code> = Some(Code::HintTooDark);
    const FAR: Option<Code> = Some(Code::HintTooFar);

    fn shown(frames: &[(u64, Option<Code>)]) -> Vec<Option<Code>> {
        let mut hints = Hints::default();
        frames
            .iter()
            .map(|&(at, fault)| hints.observe(at, fault))
            .collect()
    }

    #[test]
    fn a_fault_is_shown_once_it_has_lasted_and_goes_at_once() {
        let frames = [
            (0, None),
            (100, DARK),
            (200, DARK),
            (300, DARK),
            (400, None),
            (500, DARK),
        ];
        assert_eq!(shown(&frames), [None, None, None, DARK, None, None]);
    }

    #[test]
    fn the_first_frame_speaks_at_once() {
        assert_eq!(shown(&[(7, DARK), (100, DARK)]), [DARK, DARK]);
    }

    #[test]
    fn single_bad_frames_show_nothing() {
        let frames: Vec<_> = (0..20)
            .map(|i| (i * 100, if i % 2 == 1 { FAR } else { None }))
            .collect();
        assert!(shown(&frames).iter().all(Option::is_none));
    }

    #[test]
    fn one_hint_gives_way_to_another_only_when_that_lasts() {
        let frames = [
            (0, FAR),
            (100, DARK),
            (200, FAR),
            (300, DARK),
            (400, DARK),
            (500, DARK),
        ];
        assert_eq!(shown(&frames), [FAR, FAR, FAR, FAR, FAR, DARK]);
    }

    #[test]
    fn faults_that_take_turns_are_not_kept_back() {
        let frames = [(0, None), (100, FAR), (200, DARK), (300, FAR)];
        assert_eq!(shown(&frames)[3], FAR);
    }

    #[test]
    fn a_clock_running_backwards_shows_nothing_sooner() {
        assert_eq!(shown(&[(500, None), (400, DARK), (100, DARK)]), [None; 3]);
    }
}
