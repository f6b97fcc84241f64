//! Reads lines of `{"how", "token", "rp_nonce"}`, writes a line of `{"yes", "sub"}` or `{"refused"}` for each.

mod offline;
mod settings;
mod siteverify;

use std::io::{Write, stdin, stdout};

use offline::Offline;
use serde::Deserialize;
use serde_json::json;
use settings::Settings;
use siteverify::siteverify;

#[derive(Deserialize)]
struct Ask {
    how: String,
    token: String,
    rp_nonce: String,
}

fn main() -> anyhow::Result<()> {
    let ours: Settings = serde_json::from_str(&std::env::var("NOD_SETTINGS")?)?;
    let mut offline = Offline::default();
    for line in stdin().lines() {
        let Ask {
            how,
            token,
            rp_nonce,
        } = serde_json::from_str(&line?)?;
        let said = if how == "offline" {
            offline.check(&ours, &token, &rp_nonce)
        } else {
            siteverify(&ours, &token, &rp_nonce)
        };
        let line = match said {
            Ok(said) => json!(said),
            Err(error) => json!({"refused": format!("{error:#}")}),
        };
        writeln!(stdout(), "{line}")?;
    }
    Ok(())
}
