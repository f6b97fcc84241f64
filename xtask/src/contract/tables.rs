//! Tables of the documents, in Markdown.

use super::{
    codes::Code,
    element::{ATTRIBUTES, EVENTS, When},
    questions::{PREDICATES, Predicate},
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

pub(super) fn questions() -> String {
    let mut table = String::from("| question | yes if |\n|---|---|\n");
    for (name, predicate) in PREDICATES {
        let category = name.split(':').next_back().unwrap_or_default();
        let yes_if = match predicate {
            Predicate::AgeOver(years) => format!("`date_of_birth` is at least {years} years ago"),
            Predicate::BenefitActive(_) => format!("`insurance.{category}.active` is true"),
            Predicate::ContributionsCurrent(_) => {
                format!("`insurance.{category}.paid_until` is the month before last or later")
            }
        };
        table += &format!("| `{name}` | {yes_if} |\n");
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
