//! What is there only in development.

use super::*;

pub(super) const ALL: &[Operation] = &[
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
