//! The system's random source, as a `Result`: a missing source is an error to report, not a panic.

/// The system's random source failed (no entropy device, or a browser without `crypto`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random number source is not available")]
pub struct RandomnessUnavailable;

/// `N` bytes from the system's cryptographically secure source.
pub fn bytes<const N: usize>() -> Result<[u8; N], RandomnessUnavailable> {
    let mut buffer = [0u8; N];
    getrandom::fill(&mut buffer).map_err(|_| RandomnessUnavailable)?;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn two_draws_differ() {
        assert_ne!(super::bytes::<32>().unwrap(), super::bytes::<32>().unwrap());
    }
}
