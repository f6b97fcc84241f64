//! Pages, and the files that they load.

use super::*;

pub(super) const ALL: &[Operation] = &[
    Operation {
        tag: FRAME,
        gives: Gives::Text("text/html"),
        codes: &[ConfigBadSitekey, EnvAssetFetch],
        ..get(
            "/frame/{sitekey}",
            "frame",
            "The page inside the element, for one site's origins",
        )
    },
    Operation {
        tag: FRAME,
        gives: Gives::Text("text/html"),
        codes: &[EnvAssetFetch],
        ..get("/enrol", "enrolPage", "The page for holders of a ticket")
    },
    Operation {
        tag: FRAME,
        gives: Gives::Text("text/html"),
        codes: &[EnvAssetFetch],
        ..get("/handoff", "handoffPage", "The page that a phone opens")
    },
    Operation {
        tag: CARD,
        gives: Gives::Text("text/html"),
        codes: &[EnvAssetFetch],
        ..get("/me", "cardPage", "The page of a resident's own card")
    },
    Operation {
        tag: FRAME,
        codes: &[EnvAssetFetch],
        ..get(
            "/v1/models/{file}",
            "model",
            "A network, by its hash; or the list of them",
        )
    },
    Operation {
        tag: FRAME,
        codes: &[EnvAssetFetch],
        ..get(
            "/v1/{hash}/{file}",
            "asset",
            "A file of one build of the widget",
        )
    },
];
