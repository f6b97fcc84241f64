//! `nod-authority site questions`, and what is a question.

use std::path::Path;

use anyhow::bail;
use clap::Args;
use nod_protocol::ids::{Question, SiteKey};

use crate::{
    clock::{Clock, SystemClock},
    questions,
    sites::BELIEVED,
};

#[derive(Args)]
pub(in crate::cli) struct Questions {
    /// The site's key.
    #[arg(long, value_parser = |text: &str| SiteKey::parse(text).map_err(|e| e.to_string()))]
    sitekey: SiteKey,
    /// A question that the site may ask; may be given several times. Without any it may ask none.
    #[arg(long = "ask", value_name = "QUESTION", value_parser = known_question)]
    ask: Vec<Question>,
}

pub(super) async fn set(data: &Path, arguments: Questions) -> anyhow::Result<()> {
    let Questions { sitekey, ask } = arguments;
    let store = crate::cli::store(data).await?;
    let now = SystemClock.now();
    let is_there = store.set_site_questions(&sitekey, &ask, now).await;
    store.close().await;
    if !is_there? {
        bail!("no site has the key {sitekey}");
    }
    let ask: Vec<&str> = ask.iter().map(Question::as_str).collect();
    let may = match ask.as_slice() {
        [] => "no questions".to_owned(),
        some => some.join(", "),
    };
    let text = format!(
        "{sitekey} may ask {may}. Running servers know within {BELIEVED} seconds; sessions that are open already are answered \
         as they were opened."
    );
    crate::cli::print(false, &(), &text)
}

/// One of those that there are; otherwise the list of them.
pub(super) fn known_question(name: &str) -> Result<Question, String> {
    questions::known(name)
}
