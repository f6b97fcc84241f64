//! Has the authority check an answer.

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use crate::settings::{Said, Settings};

/// What the answer says, once; an error if it must not be acted on.
pub(crate) fn siteverify(ours: &Settings, token: &str, rp_nonce: &str) -> anyhow::Result<Said> {
    let mut reply = ours
        .client()
        .post(format!("{}/v1/siteverify", ours.address))
        .send_json(json!({"secret": ours.secret, "response": token}))
        .context("nothing is known")?;
    let status = reply.status();
    let answer: Value = reply.body_mut().read_json().context("nothing is known")?;
    ensure!(status.is_success(), "nothing is known: {}", answer["code"]);
    if answer["success"] != true {
        bail!("{}", answer["error_codes"]);
    }
    ours.about(serde_json::from_value(answer)?, rp_nonce)
}
