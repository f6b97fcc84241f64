//! The element's and the frame's own tables, in JavaScript: each is a file that browsers run as it is.

use super::{
    codes::Code,
    element::{EVENTS, When},
};

/// Which events the frame may send, and which of them end an attempt.
pub(super) fn events() -> String {
    let named = |when| {
        let names = EVENTS.iter().filter(move |event| event.when == when);
        let names: Vec<String> = names.map(|event| format!("'{}'", event.name)).collect();
        names.join(", ")
    };
    format!(
        "/** Events that end an attempt: exactly one of them follows every `nod-start`. */\n\
         const TERMINAL = new Set([{}]);\n\
         const PASSING = new Set([{}]);\n",
        named(When::Terminal),
        named(When::Passing)
    )
}

/// Codes that a script finds itself: whether trying again can help, and what to do next.
pub(super) fn codes(own: &[Code]) -> String {
    let rows = own.iter().map(|code| {
        let (name, retryable, next) = (code.as_str(), code.retryable(), code.next().as_str());
        format!("  '{name}': [{retryable}, '{next}'],\n")
    });
    format!(
        "/** Codes that this file finds itself: whether trying again can help, and what to do next. */\n\
         export const LOCAL_CODES = {{\n{}}};\n",
        rows.collect::<String>()
    )
}
