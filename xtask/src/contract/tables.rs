//! Tables of the documents, in Markdown.

use super::{
    codes::Code,
    element::{ATTRIBUTES, EVENTS, When},
};

/// The codes of some families, `config` of `config.bad_sitekey`.
pub(super) fn codes(families: &[&str]) -> String {
    let mut table = String::from("| code | meaning | what to do |\n|---|---|---|\n");
    for family in families {
        let of_family = |code: &&&Code| code.as_str().split('.').next() == Some(*family);
        for code in Code::ALL.iter().filter(|code| of_family(&code)) {
            let (name, title, remedy) = (code.as_str(), code.title(), code.remedy());
            table += &format!("| `{name}` | {title} | {remedy} |\n");
        }
    }
    table
}

pub(super) fn attributes() -> String {
    let rows = ATTRIBUTES
        .iter()
        .map(|one| format!("| `{}` | {} |\n", one.name, one.text));
    format!("| attribute | |\n|---|---|\n{}", rows.collect::<String>())
}

pub(super) fn events() -> String {
    let mut table = String::from("| event | when | detail, besides `attempt` |\n|---|---|---|\n");
    for event in &EVENTS {
        let detail: Vec<String> = event.detail.iter().map(|key| format!("`{key}`")).collect();
        let ends = if event.when == When::Terminal {
            " (ends the attempt)"
        } else {
            ""
        };
        let (name, text, detail) = (event.name, event.text, detail.join(", "));
        table += &format!("| `nod-{name}` | {text}{ends} | {detail} |\n");
    }
    table
}
