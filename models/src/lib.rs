//! Resolves, converts and verifies the networks named in `models/manifest.toml`.
