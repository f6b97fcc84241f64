//! For the frame and a phone's page: from a session to its answer, straight or through a relay. All but reading are limited by
//! address (`traffic.rs`).

use super::*;

/// What the seal of a body can be refused for, and its session.
const OF_A_SEAL: &[Code] = &[
    LimitAddress,
    LimitDevice,
    SealMalformed,
    SealTooLarge,
    SealUnknownKey,
    SealOpenFailed,
    SessionUnknown,
    SessionExpired,
    SessionSpent,
    HandoffEnded,
    ConfigBadSitekey,
    ConfigBadAction,
];
const OF_AN_ENROLMENT: &[Code] = &[
    LimitAddress,
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
    EnrolPhone,
];
/// Who brings no secret of a hand-off is told what everybody is told whose secret is none.
const OF_ONE_SIDE: Proof = Proof::MayBearer("handoffSecret");
const OF_A_HANDOFF: &[Code] = &[
    LimitAddress,
    ConfigBadSitekey,
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

pub(super) const ALL: &[Operation] = &[
    Operation {
        proof: Proof::MayBearer("siteSecret"),
        takes: Takes::Json(&["FrameSessionRequest", "SiteSessionRequest"]),
        gives: Gives::Json(&["SessionReply", "SiteSessionReply"]),
        codes: &[
            LimitAddress,
            LimitSite,
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
            LimitAddress,
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
        takes: SEALED,
        gives: Gives::Json(&["VerifyReply"]),
        codes: OF_A_SEAL,
        ..post(
            "/v1/verify",
            "verify",
            "A sealed capture for a signed yes or no",
        )
    },
    Operation {
        takes: SEALED,
        gives: Gives::Json(&["EnrolReply"]),
        codes: OF_AN_ENROLMENT,
        ..post(
            "/v1/enrol",
            "enrol",
            "A sealed capture and a ticket for an enrolment",
        )
    },
    Operation {
        takes: Takes::Json(&["PhoneRequest"]),
        gives: Gives::Json(&["PhoneReply"]),
        codes: &[
            LimitAddress,
            ConfigBadSession,
            SealTooLarge,
            SessionUnknown,
            SessionExpired,
            SessionSpent,
            EnrolNumber,
            EnrolNoMoreCodes,
            EnrolNotSent,
        ],
        ..post(
            "/v1/enrol/phone",
            "sendCode",
            "At a terminal: send a code to the resident's mobile number",
        )
    },
    Operation {
        takes: Takes::Json(&["CodeRequest"]),
        gives: Gives::Json(&["TerminalDone"]),
        codes: &[
            LimitAddress,
            ConfigBadSession,
            SealTooLarge,
            SessionUnknown,
            SessionExpired,
            SessionSpent,
            EnrolWrongCode,
            EnrolCodeSpent,
        ],
        ..post(
            "/v1/enrol/code",
            "confirmNumber",
            "At a terminal: the code that came",
        )
    },
    Operation {
        tag: FRAME,
        proof: Proof::Bearer("phoneWaiting"),
        gives: Gives::Json(&["WaitingReply"]),
        codes: &[SessionUnknown],
        ..get(
            "/v1/enrol",
            "enrolmentDecided",
            "At a terminal: whether the operator has decided",
        )
    },
    Operation {
        takes: Takes::Json(&["KeyRegistrationRequest"]),
        gives: Gives::Json(&["KeyRegistrationReply"]),
        codes: &[LimitAddress, SessionExpired, ConfigBadSession, SealTooLarge],
        ..post(
            "/v1/enrol/key/options",
            "enrolKeyOptions",
            "After an enrolment: what a browser needs to make a device key for whoever enrolled",
        )
    },
    Operation {
        takes: Takes::Json(&["KeyRegisterRequest"]),
        gives: Gives::Json(&["KeyRegisterReply"]),
        codes: card::OF_A_KEY,
        ..post(
            "/v1/enrol/key",
            "addEnrolKey",
            "After an enrolment: bind a device key, once",
        )
    },
    Operation {
        takes: Takes::Json(&["OfferRequest"]),
        gives: Gives::Json(&["OfferReply"]),
        codes: &[
            LimitAddress,
            ConfigBadAction,
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
        codes: &[HandoffUnknown],
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
        codes: &[LimitAddress, ConfigBadSession, SealTooLarge, HandoffUnknown],
        ..post(
            "/v1/handoff/end",
            "endHandoff",
            "End a hand-off from either side",
        )
    },
    Operation {
        takes: Takes::Json(&["ForgetDeviceRequest"]),
        gives: Gives::Json(&["ForgetDeviceReply"]),
        codes: &[LimitAddress, ConfigBadSession, SealTooLarge],
        ..post(
            "/v1/devices/forget",
            "forgetDevice",
            "Forget a remembered device",
        )
    },
];
