//! For operators of authorised terminals, on the terminals' origin (docs/terminal.md). Limited by address; who is not signed in is told
//! `terminal.not_signed_in`, whatever their token is.

use super::*;

const OF_A_SHIFT: Proof = Proof::Bearer("operatorShift");
const CLOSED: &[Code] = &[
    LimitAddress,
    TerminalNotSignedIn,
    TerminalNothing,
    ConfigBadSession,
    SealTooLarge,
];

const fn act(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        tag: TERMINAL,
        proof: OF_A_SHIFT,
        gives: Gives::Json(&["TerminalDone"]),
        codes: CLOSED,
        ..post(path, id, summary)
    }
}

pub(super) const ALL: &[Operation] = &[
    Operation {
        tag: TERMINAL,
        gives: Gives::Text("text/html"),
        codes: &[EnvAssetFetch],
        ..get("/", "terminalPage", "The operator's page")
    },
    Operation {
        proof: Proof::None,
        takes: Takes::Json(&["SignInRequest"]),
        gives: Gives::Json(&["SignInReply"]),
        ..act(
            "/v1/terminal/sign-in",
            "signIn",
            "An operator begins a shift",
        )
    },
    act("/v1/terminal/sign-out", "signOut", "End the shift"),
    Operation {
        takes: Takes::Json(&["TerminalIdRequest"]),
        gives: Gives::Json(&["TerminalOpenReply"]),
        codes: &[
            LimitAddress,
            TerminalNotSignedIn,
            ConfigBadSession,
            SealTooLarge,
            EnrolExists,
            EnrolTicketSpent,
        ],
        ..act(
            "/v1/terminal/enrolments",
            "openAtTerminal",
            "Open an enrolment; the picture is for the resident's phone",
        )
    },
    Operation {
        tag: TERMINAL,
        proof: OF_A_SHIFT,
        gives: Gives::Json(&["TerminalState"]),
        codes: &[LimitAddress, TerminalNotSignedIn, TerminalNothing],
        ..get(
            "/v1/terminal/enrolments/{enrolment}",
            "stateAtTerminal",
            "How far an enrolment has come",
        )
    },
    Operation {
        takes: Takes::Json(&["IssueRequest"]),
        codes: &[
            LimitAddress,
            TerminalNotSignedIn,
            TerminalNothing,
            TerminalPortrait,
            EnrolExists,
            ConfigBadSession,
            SealTooLarge,
        ],
        ..act(
            "/v1/terminal/enrolments/{enrolment}/issue",
            "issueAtTerminal",
            "Confirm the document, and enrol",
        )
    },
    act(
        "/v1/terminal/enrolments/{enrolment}/refuse",
        "refuseAtTerminal",
        "End an enrolment without one",
    ),
    Operation {
        takes: Takes::Json(&["TerminalIdRequest"]),
        ..act(
            "/v1/terminal/revoke",
            "revokeAtTerminal",
            "End somebody's credential for them",
        )
    },
];
