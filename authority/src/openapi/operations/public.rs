//! For anybody: what this authority is, its keys, and the gateway that a relay carries requests to (docs/relay.md).

use super::*;
use nod_protocol::ohttp::{KEYS_TYPE, REQUEST_TYPE, RESPONSE_TYPE};

pub(super) const ALL: &[Operation] = &[
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
        gives: Gives::Bytes(KEYS_TYPE),
        ..get(
            "/v1/ohttp-keys",
            "obliviousKeys",
            "Keys of the gateway (RFC 9458, 3.2)",
        )
    },
    Operation {
        takes: Takes::Bytes(REQUEST_TYPE),
        gives: Gives::Bytes(RESPONSE_TYPE),
        // What is wrong once the seal is open is told inside it.
        codes: &[
            LimitAddress,
            ConfigBadSession,
            SealMalformed,
            SealTooLarge,
            SealUnknownKey,
        ],
        ..post(
            "/v1/ohttp",
            "oblivious",
            "A request of the frame that a relay has carried, sealed, for a reply that it cannot read (RFC 9458)",
        )
    },
];
