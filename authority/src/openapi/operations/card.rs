//! For residents, about themselves (docs/card.md). Limited by address; who has no open card is told
//! `session.expired`, whatever their token is.

use super::*;

/// Given for an answer, for ten minutes.
const OF_A_CARD: Proof = Proof::Bearer("cardToken");
/// Of what takes no body.
const CLOSED: &[Code] = &[LimitAddress, SessionExpired];
/// Of what takes one.
const CLOSED_OR_MALFORMED: &[Code] =
    &[LimitAddress, SessionExpired, ConfigBadSession, SealTooLarge];

/// Of binding a device key, here and after an enrolment.
pub(super) const OF_A_KEY: &[Code] = &[
    LimitAddress,
    SessionExpired,
    ConfigBadSession,
    SealTooLarge,
    EnrolKeyRefused,
];

const fn change(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        tag: CARD,
        proof: OF_A_CARD,
        gives: Gives::Json(&["CardChangeReply"]),
        codes: CLOSED,
        ..post(path, id, summary)
    }
}

pub(super) const ALL: &[Operation] = &[
    Operation {
        tag: CARD,
        proof: OF_A_CARD,
        gives: Gives::Json(&["CardOverview"]),
        codes: CLOSED,
        ..get(
            "/v1/me",
            "card",
            "What is held: level, state, enrolment, templates, devices, device keys",
        )
    },
    Operation {
        proof: Proof::None,
        takes: Takes::Json(&["CardOpenRequest"]),
        gives: Gives::Json(&["CardOpenReply"]),
        codes: CLOSED_OR_MALFORMED,
        ..change(
            "/v1/me/open",
            "openCard",
            "The answer of a verification at `pk_self` for an open card, once",
        )
    },
    change("/v1/me/close", "closeCard", "Close it before its time"),
    Operation {
        tag: CARD,
        proof: OF_A_CARD,
        query: &[
            Query {
                name: "kind",
                schema: "ReceiptKind",
            },
            Query {
                name: "from",
                schema: "ReceiptOffset",
            },
        ],
        gives: Gives::Json(&["ReceiptsReply"]),
        codes: &[LimitAddress, SessionExpired, ConfigBadSession],
        ..get(
            "/v1/me/receipts",
            "receipts",
            "Who asked and what else happened, twenty at a time, the newest first",
        )
    },
    Operation {
        gives: Gives::Json(&["CardHandleReply"]),
        ..change(
            "/v1/me/handle",
            "makeCardHandle",
            "A handle to show to a kiosk's camera in place of the ID number, once and for a minute; it ends the one before",
        )
    },
    Operation {
        tag: CARD,
        proof: OF_A_CARD,
        gives: Gives::Json(&["CardHandleState"]),
        codes: CLOSED,
        ..get(
            "/v1/me/handle",
            "cardHandle",
            "Whether the handle is of use still",
        )
    },
    Operation {
        takes: Takes::Json(&["CardForgetRequest"]),
        codes: CLOSED_OR_MALFORMED,
        ..change(
            "/v1/me/devices/forget",
            "forgetCardDevices",
            "Forget a device that stands for the number on a site, or all",
        )
    },
    Operation {
        gives: Gives::Json(&["KeyRegistrationReply"]),
        codes: &[LimitAddress, SessionExpired, EnrolKeyRefused],
        ..change(
            "/v1/me/keys/options",
            "cardKeyOptions",
            "What a browser needs to make a device key for the resident",
        )
    },
    Operation {
        takes: Takes::Json(&["KeyRegisterRequest"]),
        gives: Gives::Json(&["KeyRegisterReply"]),
        codes: OF_A_KEY,
        ..change("/v1/me/keys", "addCardKey", "Bind a device key")
    },
    Operation {
        takes: Takes::Json(&["CardForgetKeysRequest"]),
        codes: CLOSED_OR_MALFORMED,
        ..change(
            "/v1/me/keys/forget",
            "forgetCardKeys",
            "Remove a device key, or all",
        )
    },
    change(
        "/v1/me/freeze",
        "freezeCard",
        "Confirm nobody in the resident's name until it is lifted",
    ),
    change("/v1/me/unfreeze", "unfreezeCard", "Lift that"),
    change(
        "/v1/me/revoke",
        "revokeCard",
        "End the credential: templates, passcode, devices and device keys are deleted",
    ),
    Operation {
        gives: Gives::Json(&["CardExport"]),
        ..change("/v1/me/export", "exportCard", "Everything that is held")
    },
    Operation {
        takes: Takes::Json(&["EraseRequest"]),
        gives: Gives::Json(&["EraseReply"]),
        codes: CLOSED_OR_MALFORMED,
        ..change("/v1/me/erase", "eraseCard", "Erase everything that is held")
    },
];
