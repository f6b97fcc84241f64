//! A built widget, as far as the authority looks at it.

use serde_json::json;

/// A directory as the widget's build leaves it, with a model set and its successor.
pub(crate) fn write_dist(dist: &std::path::Path) {
    let build = dist.join("v1/0123456789abcdef");
    std::fs::create_dir_all(build.join("strings")).unwrap();
    std::fs::create_dir_all(dist.join("models")).unwrap();
    let manifest = json!({"version": 1, "sets": [{
        "id": "open-1", "production": true, "embedding": {"size": crate::people::DIMENSIONS},
        "normalisation": {"top": 100, "centre": false, "floor": 0.25},
        "thresholds": {"light": {"cosine": 0.571, "normalised": 4.0},
                       "full": {"cosine": 0.571, "normalised": 4.0}}}, {
        "id": "open-2", "production": true, "embedding": {"size": crate::people::NEXT_DIMENSIONS},
        "thresholds": {"light": {"cosine": 0.571}, "full": {"cosine": 0.6}}}]});
    for (file, text) in [
        (
            "frame.html",
            r#"<!doctype html><html data-site="" data-alternative="" data-authority=""><title>frame</title>"#,
        ),
        ("enrol.html", "<!doctype html><title>enrol</title>"),
        ("terminal.html", "<!doctype html><title>terminal</title>"),
        ("me.html", "<!doctype html><title>me</title>"),
        (
            "handoff.html",
            r#"<!doctype html><html data-authority=""><title>handoff</title>"#,
        ),
        ("build.json", r#"{"hash":"0123456789abcdef"}"#),
        ("models/manifest.json", &manifest.to_string()),
        ("models/aa00.plan", "plan"),
        ("v1/0123456789abcdef/nod.js", "export {}"),
        ("v1/0123456789abcdef/worker.js", "self.close()"),
        ("v1/0123456789abcdef/nod_wasm_bg.wasm", "\0asm"),
        ("v1/0123456789abcdef/strings/en.ftl", "app-title = Title"),
        ("v1/0123456789abcdef/strings/en.ftl.br", "compressed"),
        (
            "v1/0123456789abcdef/strings/zh-Hant.ftl",
            "app-title = Title",
        ),
    ] {
        std::fs::write(dist.join(file), text).unwrap();
    }
}
