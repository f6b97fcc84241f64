//! Picking keyframes: the best of each stretch of time.

/// Splits time into slots and keeps the best candidate of each.
///
/// A slot begins with the first candidate offered after the one before is over, so a slow camera gives one
/// candidate a slot and a fast one gives a choice.
pub struct Keyframes<C> {
    spacing: u64,
    slot: Option<Slot<C>>,
}

struct Slot<C> {
    began: u64,
    score: f32,
    candidate: C,
}

impl<C> Keyframes<C> {
    /// `spacing` is the length of a slot in milliseconds.
    pub fn new(spacing: u64) -> Self {
        Self {
            spacing,
            slot: None,
        }
    }

    /// Offers a good frame taken at `at` (milliseconds, any origin) with a score to compare by; `make` is
    /// called only if the frame is kept for now.
    ///
    /// Returns the best of the slot before when this frame opens a new one. A frame from before the slot
    /// began (a clock that ran backwards) is ignored.
    pub fn offer<E>(
        &mut self,
        at: u64,
        score: f32,
        make: impl FnOnce() -> Result<C, E>,
    ) -> Result<Option<C>, E> {
        match &mut self.slot {
            Some(slot) if at < slot.began => Ok(None),
            Some(slot) if at - slot.began < self.spacing => {
                if score > slot.score {
                    slot.candidate = make()?;
                    slot.score = score;
                }
                Ok(None)
            }
            slot => {
                let next = Slot {
                    began: at,
                    score,
                    candidate: make()?,
                };
                Ok(slot.replace(next).map(|before| before.candidate))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(frames: &[(u64, f32)]) -> Vec<u64> {
        let mut keyframes = Keyframes::new(120);
        let made = |at| move || Ok::<_, ()>(at);
        frames
            .iter()
            .filter_map(|&(at, score)| keyframes.offer(at, score, made(at)).unwrap())
            .collect()
    }

    #[test]
    fn the_best_of_each_slot_is_picked() {
        let frames = [
            (0, 0.2),
            (40, 0.9),
            (80, 0.5),
            (130, 0.1),
            (170, 0.3),
            (260, 0.4),
            (400, 0.1),
        ];
        assert_eq!(offered(&frames), [40, 170, 260]);
    }

    #[test]
    fn a_slow_camera_gives_every_frame() {
        assert_eq!(
            offered(&[(0, 0.2), (300, 0.1), (600, 0.3), (900, 0.2)]),
            [0, 300, 600]
        );
    }

    #[test]
    fn a_clock_running_backwards_gains_nothing() {
        assert_eq!(
            offered(&[(1000, 0.2), (10, 0.9), (5, 0.9), (1130, 0.1)]),
            [1000]
        );
    }
}
