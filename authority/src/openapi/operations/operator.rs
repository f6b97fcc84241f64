//! For the operator: is it alive, is it ready, what has it done.

use super::*;

pub(super) const ALL: &[Operation] = &[
    Operation {
        tag: OPERATOR,
        gives: Gives::Text("text/plain"),
        ..get("/healthz", "alive", "Whether the process answers")
    },
    Operation {
        tag: OPERATOR,
        gives: Gives::Readiness("Readiness"),
        ..get("/readyz", "ready", "Whether requests should come here")
    },
    Operation {
        tag: OPERATOR,
        proof: Proof::MayBearer("metricsToken"),
        gives: Gives::Text("text/plain"),
        codes: &[ConfigBadMetricsToken],
        ..get(
            "/metrics",
            "metrics",
            "Counters and gauges in Prometheus' text format",
        )
    },
];
