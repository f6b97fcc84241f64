//! Types for TypeScript.

use super::{
    codes::Code,
    element::{ATTRIBUTES, DETAIL, EVENTS, When},
};

/// Every code that leaves the frame, what would help, and the detail that both are in.
pub(super) fn codes() -> String {
    let public = || Code::ALL.iter().filter(|code| !code.is_private());
    let mut made = String::from(
        "/** What happened, for a program. The page on troubleshooting explains each. */\nexport type NodCode =\n",
    );
    for code in public() {
        made += &format!("  | '{}'\n", code.as_str());
    }
    ends_statement(&mut made);
    made += "\n/** What would help. */\nexport type NodNext =\n";
    let mut seen = Vec::new();
    for next in public().map(|code| code.next().as_str()) {
        if !seen.contains(&next) {
            made += &format!("  | '{next}'\n");
            seen.push(next);
        }
    }
    ends_statement(&mut made);
    made += "\n/** What an event of `<nod-verify>` may carry; never a face, a score, a hint or an ID. */\n";
    made += "export interface NodDetail {\n";
    for (key, kind, text) in DETAIL {
        let may_miss = if key == "attempt" { "" } else { "?" };
        made += &format!("  /** {text} */\n  readonly {key}{may_miss}: {kind};\n");
    }
    made + "}\n"
}

/// The events, and which of them end an attempt.
pub(super) fn events() -> String {
    let mut made = String::from(
        "/** Events of `<nod-verify>`. None bubbles; exactly one of `NodOutcome['event']` follows every `nod-start`. */\n\
         export interface NodVerifyEventMap {\n",
    );
    for event in &EVENTS {
        let detail = match event.detail {
            [] => "NodDetail".to_owned(),
            keys => {
                let keys: Vec<String> = keys.iter().map(|key| format!("'{key}'")).collect();
                format!("NodWith<{}>", keys.join(" | "))
            }
        };
        let text = event.text.replace('`', "");
        made += &format!(
            "  /** {text} */\n  'nod-{}': CustomEvent<{detail}>;\n",
            event.name
        );
    }
    made += "}\n\n/** Detail of the event that ended an attempt, with its name. */\nexport type NodOutcome =\n";
    for event in EVENTS.iter().filter(|event| event.when == When::Terminal) {
        let keys: Vec<String> = event.detail.iter().map(|key| format!("'{key}'")).collect();
        made += &format!(
            "  | (NodWith<{}> & {{ readonly event: 'nod-{}' }})\n",
            keys.join(" | "),
            event.name
        );
    }
    ends_statement(&mut made);
    made
}

/// For frameworks that type their templates.
pub(super) fn attributes() -> String {
    let mut made = String::from(
        "/** Attributes of `<nod-verify>`, for frameworks that type their templates. */\nexport interface NodVerifyAttributes {\n",
    );
    for one in &ATTRIBUTES {
        let may_miss = if one.name == "sitekey" { "" } else { "?" };
        let text = one.text.replace('`', "");
        made += &format!(
            "  /** {text} */\n  '{}'{may_miss}: {};\n",
            one.name, one.kind
        );
    }
    made + "}\n"
}

/// A union's last line gets the semicolon.
fn ends_statement(made: &mut String) {
    made.pop();
    *made += ";\n";
}
