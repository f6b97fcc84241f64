//! Authority.
