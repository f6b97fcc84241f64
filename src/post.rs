//! Requests to the authority, from the worker. Browser only.

use js_sys::{Promise, Uint8Array};
use nod_protocol::codes::Code;
use nod_protocol::envelope;
use nod_protocol::http::{
    ChallengeReply, ChallengeRequest, EnrolReply, KeysReply, SessionReply, VerifyReply,
};
use nod_protocol::ids::SessionId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Request, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response,
};

use crate::failure::Failure;

/// Milliseconds after which a request is given up.
const TIMEOUT: u32 = 20_000;

#[wasm_bindgen]
extern "C" {
    /// The global `fetch`, in a worker as in a window.
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(request: &Request) -> Promise;
}

/// The authority at its origin.
#[derive(Clone)]
pub(crate) struct Authority {
    origin: String,
}

impl Authority {
    /// `origin` has no path and no slash at its end.
    pub(crate) fn new(origin: String) -> Self {
        Self { origin }
    }

    /// `POST /v1/sessions` with JSON as the frame made it: the authority judges it, in one place.
    pub(crate) async fn open_session(&self, json: &str) -> Result<SessionReply, Failure> {
        self.post("/v1/sessions", "application/json", &json.into())
            .await
    }

    /// `GET /v1/keys`; not yet checked.
    pub(crate) async fn keys(&self) -> Result<KeysReply, Failure> {
        self.send("/v1/keys", &RequestInit::new(), None).await
    }

    /// `POST /v1/sessions/{id}/challenge`.
    pub(crate) async fn challenge(
        &self,
        session: &SessionId,
        request: ChallengeRequest,
    ) -> Result<ChallengeReply, Failure> {
        let json = serde_json::to_string(&request).map_err(|_| Code::ConfigBadSession)?;
        let path = format!("/v1/sessions/{session}/challenge");
        self.post(&path, "application/json", &json.into()).await
    }

    /// `POST /v1/verify`.
    pub(crate) async fn verify(&self, sealed: &[u8]) -> Result<VerifyReply, Failure> {
        self.post(
            "/v1/verify",
            envelope::MEDIA_TYPE,
            &Uint8Array::from(sealed),
        )
        .await
    }

    /// `POST /v1/enrol`.
    pub(crate) async fn enrol(&self, sealed: &[u8]) -> Result<EnrolReply, Failure> {
        self.post("/v1/enrol", envelope::MEDIA_TYPE, &Uint8Array::from(sealed))
            .await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        media_type: &str,
        body: &JsValue,
    ) -> Result<T, Failure> {
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(body);
        self.send(path, &init, Some(media_type)).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        init: &RequestInit,
        media_type: Option<&str>,
    ) -> Result<T, Failure> {
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_redirect(RequestRedirect::Error);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT)));
        let request = Request::new_with_str_and_init(&format!("{}{path}", self.origin), init)
            .map_err(|_| Code::ConfigBadSession)?;
        if let Some(media_type) = media_type {
            request
                .headers()
                .set("content-type", media_type)
                .map_err(|_| Code::ConfigBadSession)?;
        }
        let response = JsFuture::from(fetch(&request))
            .await
            .map_err(|e| unreachable(&e))?;
        let response: Response = response.dyn_into().map_err(|_| Code::NetServer)?;
        let text = JsFuture::from(response.text().map_err(|_| Code::NetServer)?)
            .await
            .map_err(|e| unreachable(&e))?
            .as_string()
            .unwrap_or_default();
        if response.ok() {
            serde_json::from_str(&text).map_err(|_| Code::NetServer.into())
        } else {
            Err(problem(&text))
        }
    }
}

/// A request that got no answer.
fn unreachable(error: &JsValue) -> Failure {
    let name = error
        .dyn_ref::<js_sys::Object>()
        .map(|e| js_sys::Reflect::get(e, &"name".into()));
    match name {
        Some(Ok(name)) if name == "TimeoutError" => Code::NetTimeout.into(),
        _ => Code::NetOffline.into(),
    }
}

/// The code of an `application/problem+json` body (RFC 9457).
fn problem(text: &str) -> Failure {
    #[derive(Deserialize)]
    struct Problem {
        code: String,
    }
    let problem: Option<Problem> = serde_json::from_str(text).ok();
    problem
        .and_then(|p| Code::from_name(&p.code))
        .unwrap_or(Code::NetServer)
        .into()
}
