//! For sites' back ends and for an importer of reference photographs.

use super::*;

pub(super) const ALL: &[Operation] = &[
    Operation {
        tag: SITE,
        takes: Takes::Json(&["SiteverifyRequest"]),
        gives: Gives::Json(&["SiteverifyReply"]),
        codes: &[LimitAddress, LimitSite, ConfigBadSession, SealTooLarge],
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
];
