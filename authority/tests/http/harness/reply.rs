//! What came back.

use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

/// Status, headers and body of a reply.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem document, after checking its form.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status.as_u16());
        for field in ["type", "title", "retryable", "next"] {
            assert!(!problem[field].is_null(), "{field}");
        }
        problem["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn token(&self) -> String {
        self.json::<Value>()["token"].as_str().unwrap().to_owned()
    }

    /// The claims of the answer, read as any JWT library would (signatures: the siteverify tests).
    pub(crate) fn claims(&self) -> Value {
        use base64ct::{Base64UrlUnpadded, Encoding};
        let token = self.token();
        let claims = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()
    }
}
