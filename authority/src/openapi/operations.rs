//! What can be asked of the authority: each operation once. A route in `router.rs` that is not here fails a test.

use nod_protocol::codes::Code::{self, *};

use super::operation::{Gives, Operation, Proof, Takes, get, post};

const FRAME: &str = "frame";
const SITE: &str = "site";
const OPERATOR: &str = "operator";
const IMPORTER: &str = "importer";
const DEVELOPMENT: &str = "development";

/// What the seal of a body can be refused for, and its session.
const OF_A_SEAL: &[Code] = &[
    SealMalformed,
    SealTooLarge,
    SealUnknownKey,
    SealOpenFailed,
    SessionUnknown,
    SessionExpired,
    SessionSpent,
    ConfigBadSitekey,
    ConfigBadAction,
];
const OF_AN_ENROLMENT: &[Code] = &[
    SealMalformed,
    SealTooLarge,
    SealUnknownKey,
    SealOpenFailed,
    SessionUnknown,
    SessionExpired,
    SessionSpent,
    EnrolTicketUnknown,
    EnrolTicketSpent,
    EnrolTicketMismatch,
    EnrolExists,
    EnrolQuality,
];
/// Who brings no secret of a hand-off is told what everybody is told whose secret is none.
const OF_ONE_SIDE: Proof = Proof::MayBearer("handoffSecret");
const OF_A_HANDOFF: &[Code] = &[
    ConfigBadSession,
    SealTooLarge,
    HandoffUnknown,
    HandoffExpired,
    HandoffSpent,
    HandoffEnded,
    HandoffWrongCode,
    HandoffRefused,
    SessionUnknown,
    SessionExpired,
    SessionSpent,
];

/// All of them, in the order of the router's table.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        gives: Gives::Json(&["Discovery"]),
        ..get(
            "/.well-known/nod",
            "discovery",
            "Addresses, limits, live model sets and languages",
        )
    },
    Operation {
        gives: Gives::Json(&["JwksReply"]),
        ..get(
            "/.well-known/jwks.json",
            "jwks",
            "Keys that answers are checked with (RFC 7517)",
        )
    },
    Operation {
        gives: Gives::Json(&[]),
        ..get("/.well-known/openapi.json", "openapi", "This document")
    },
    Operation {
        gives: Gives::Json(&["KeysReply"]),
        ..get(
            "/v1/keys",
            "keys",
            "Keys that captures are sealed to, signed by the root",
        )
    },
    Operation {
        proof: Proof::MayBearer("siteSecret"),
        takes: Takes::Json(&["FrameSessionRequest", "SiteSessionRequest"]),
        gives: Gives::Json(&["SessionReply", "SiteSessionReply"]),
        codes: &[
            ConfigBadSession,
            ConfigBadSitekey,
            ConfigBadAction,
            ConfigOriginNotAllowed,
            SealTooLarge,
            SealUnknownKey,
            SealOpenFailed,
            SessionUnknown,
            SessionExpired,
            SessionSpent,
            EnrolTicketUnknown,
            EnrolTicketSpent,
        ],
        ..post(
            "/v1/sessions",
            "openSession",
            "Open a session (the frame), or mint one (a site's back end)",
        )
    },
    Operation {
        takes: Takes::Json(&["ChallengeRequest"]),
        gives: Gives::Json(&["ChallengeReply"]),
        codes: &[
            ConfigBadSession,
            ConfigBadSitekey,
            ConfigBadAction,
            SealTooLarge,
            SessionUnknown,
            SessionExpired,
            SessionSpent,
        ],
        ..post(
            "/v1/sessions/{id}/challenge",
            "drawChallenge",
            "Draw what the resident is to do; a minute begins",
        )
    },
    Operation {
        takes: Takes::Sealed,
        gives: Gives::Json(&["VerifyReply"]),
        codes: OF_A_SEAL,
        ..post(
            "/v1/verify",
            "verify",
            "A sealed capture for a signed yes or no",
        )
    },
    Operation {
        takes: Takes::Sealed,
        gives: Gives::Json(&["EnrolReply"]),
        codes: OF_AN_ENROLMENT,
        ..post(
            "/v1/enrol",
            "enrol",
            "A sealed capture and a ticket for an enrolment",
        )
    },
    Operation {
        takes: Takes::Json(&["OfferRequest"]),
        gives: Gives::Json(&["OfferReply"]),
        codes: &[
            ConfigBadSession,
            ConfigBadSitekey,
            SealTooLarge,
            SessionUnknown,
            SessionExpired,
            SessionSpent,
            LimitDevice,
        ],
        ..post(
            "/v1/handoff",
            "offerHandoff",
            "Offer an open session to a phone",
        )
    },
    Operation {
        tag: FRAME,
        proof: OF_ONE_SIDE,
        gives: Gives::Json(&["StateReply"]),
        codes: OF_A_HANDOFF,
        ..get(
            "/v1/handoff",
            "handoffState",
            "How far a hand-off has come, and the answer for the desk",
        )
    },
    Operation {
        takes: Takes::Json(&["OpenRequest"]),
        gives: Gives::Json(&["OpenReply"]),
        codes: OF_A_HANDOFF,
        ..post(
            "/v1/handoff/open",
            "openHandoff",
            "Open a hand-off's link; works once",
        )
    },
    Operation {
        proof: OF_ONE_SIDE,
        takes: Takes::Json(&["JoinRequest"]),
        gives: Gives::Json(&["JoinReply"]),
        codes: OF_A_HANDOFF,
        ..post(
            "/v1/handoff/join",
            "joinHandoff",
            "Type the code that the desk shows",
        )
    },
    Operation {
        proof: OF_ONE_SIDE,
        takes: Takes::Json(&["EndRequest"]),
        gives: Gives::Json(&["StateReply"]),
        codes: OF_A_HANDOFF,
        ..post(
            "/v1/handoff/end",
            "endHandoff",
            "End a hand-off from either side",
        )
    },
    Operation {
        takes: Takes::Json(&["ForgetDeviceRequest"]),
        gives: Gives::Json(&["ForgetDeviceReply"]),
        codes: &[ConfigBadSession, SealTooLarge],
        ..post(
            "/v1/devices/forget",
            "forgetDevice",
            "Forget a remembered device",
        )
    },
    Operation {
        tag: SITE,
        takes: Takes::Json(&["SiteverifyRequest"]),
        gives: Gives::Json(&["SiteverifyReply"]),
        codes: &[ConfigBadSession, SealTooLarge],
        ..post("/v1/siteverify", "siteverify", "Check an answer, once")
    },
    Operation {
        tag: IMPORTER,
        proof: Proof::Bearer("importKey"),
        takes: Takes::Json(&["PortraitTicketRequest"]),
        gives: Gives::Json(&["PortraitTicketReply"]),
        codes: &[
            ConfigBadImportKey,
            ConfigBadSession,
            EnrolTicketSpent,
            SealTooLarge,
        ],
        ..post(
            "/v1/tickets",
            "portraitTicket",
            "A ticket for one reference photograph",
        )
    },
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

/// What is there only in development.
pub(super) const IN_DEVELOPMENT: &[Operation] = &[
    Operation {
        tag: DEVELOPMENT,
        takes: Takes::Json(&["TestAnswerRequest"]),
        gives: Gives::Json(&["VerifyReply"]),
        codes: &[
            ConfigBadSession,
            ConfigBadSitekey,
            EnvAssetFetch,
            SealTooLarge,
            SessionUnknown,
            SessionExpired,
            SessionSpent,
        ],
        ..post(
            "/v1/test-answers",
            "testAnswer",
            "What the name of a test key says",
        )
    },
    Operation {
        tag: DEVELOPMENT,
        gives: Gives::Json(&["JwksReply"]),
        codes: &[EnvAssetFetch],
        ..get(
            "/.well-known/test-jwks.json",
            "testJwks",
            "Keys of test answers",
        )
    },
];
