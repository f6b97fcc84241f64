//! Requests to the authority, from the worker. Browser only.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use nod_protocol::codes::Code;
use nod_protocol::envelope;
use nod_protocol::http::{
    ChallengeReply, ChallengeRequest, EnrolReply, KeysReply, SessionReply, VerifyReply,
};
use nod_protocol::ids::SessionId;
use nod_protocol::key_config::RootPublicKey;
use nod_protocol::ohttp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Request, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response,
};

use crate::failure::Failure;
use crate::relay::{self, Ask, Sealer};

/// Milliseconds after which a request is given up.
const TIMEOUT: u32 = 20_000;

#[wasm_bindgen]
extern "C" {
    /// The global `fetch`, in a worker as in a window.
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(request: &Request) -> Promise;
}

/// The authority: at its own origin, or through the relay at this one.
#[derive(Clone)]
pub(crate) struct Authority {
    /// Where requests go, without a slash at its end.
    host: String,
    relayed: Option<Rc<RefCell<Sealer>>>,
}

impl Authority {
    /// `host` is this frame's own origin, and `authority` that of the authority: where they differ, a relay has served the
    /// frame, and everything is sealed for its way through it.
    pub(crate) fn new(host: String, authority: &str, root: &RootPublicKey) -> Option<Self> {
        let relayed = if host == authority {
            None
        } else {
            let sealer = Sealer::new(authority, root.clone())?;
            Some(Rc::new(RefCell::new(sealer)))
        };
        Some(Self { host, relayed })
    }

    /// `POST /v1/sessions` with JSON as the frame made it: the authority judges it, in one place.
    pub(crate) async fn open_session(&self, json: &str) -> Result<SessionReply, Failure> {
        self.post("/v1/sessions", "application/json", json.as_bytes())
            .await
    }

    /// `GET /v1/keys`; not yet checked. A relay serves them too, as they are: they are signed.
    pub(crate) async fn keys(&self) -> Result<KeysReply, Failure> {
        let reply = self.fetched("/v1/keys", &RequestInit::new(), None).await?;
        let text = String::from_utf8(reply.content).map_err(|_| Code::NetServer)?;
        let keys = read(reply.is_success, &text)?;
        if let Some(sealer) = &self.relayed {
            sealer.borrow_mut().take_key(&keys, now())?;
        }
        Ok(keys)
    }

    /// `POST /v1/sessions/{id}/challenge`.
    pub(crate) async fn challenge(
        &self,
        session: &SessionId,
        request: ChallengeRequest,
    ) -> Result<ChallengeReply, Failure> {
        let json = serde_json::to_string(&request).map_err(|_| Code::ConfigBadSession)?;
        let path = format!("/v1/sessions/{session}/challenge");
        self.post(&path, "application/json", json.as_bytes()).await
    }

    /// `POST /v1/verify`.
    pub(crate) async fn verify(&self, sealed: &[u8]) -> Result<VerifyReply, Failure> {
        self.post("/v1/verify", envelope::MEDIA_TYPE, sealed).await
    }

    /// `POST /v1/enrol`.
    pub(crate) async fn enrol(&self, sealed: &[u8]) -> Result<EnrolReply, Failure> {
        self.post("/v1/enrol", envelope::MEDIA_TYPE, sealed).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<T, Failure> {
        let (is_success, text) = self
            .ask(&Ask {
                method: "POST",
                path,
                media_type: Some(media_type),
                bearer: None,
                content,
            })
            .await?;
        read(is_success, &text)
    }

    /// Any request, straight or sealed: whether the reply is a success, and its text.
    pub(crate) async fn ask(&self, ask: &Ask<'_>) -> Result<(bool, String), Failure> {
        match &self.relayed {
            Some(sealer) => self.ask_sealed(sealer, ask).await,
            None => {
                let init = RequestInit::new();
                init.set_method(ask.method);
                if ask.method != "GET" {
                    init.set_body(&Uint8Array::from(ask.content));
                }
                let reply = self.fetched(ask.path, &init, ask.media_type).await?;
                let text = String::from_utf8(reply.content).map_err(|_| Code::NetServer)?;
                Ok((reply.is_success, text))
            }
        }
    }

    async fn ask_sealed(
        &self,
        sealer: &RefCell<Sealer>,
        ask: &Ask<'_>,
    ) -> Result<(bool, String), Failure> {
        if !sealer.borrow().has_key() {
            self.keys().await?;
        }
        let (message, pending) = sealer.borrow().seal(ask)?;
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&Uint8Array::from(message.as_slice()));
        let reply = self
            .fetched("/v1/ohttp", &init, Some(ohttp::REQUEST_TYPE))
            .await?;
        if reply.is_success {
            return relay::open(pending, &reply.content);
        }
        let failure = problem(&String::from_utf8_lossy(&reply.content));
        if failure.code == Code::SealUnknownKey {
            sealer.borrow_mut().forget_key();
        }
        Err(failure)
    }

    async fn fetched(
        &self,
        path: &str,
        init: &RequestInit,
        media_type: Option<&str>,
    ) -> Result<Reply, Failure> {
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_redirect(RequestRedirect::Error);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT)));
        let request = Request::new_with_str_and_init(&format!("{}{path}", self.host), init)
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
        let content = JsFuture::from(response.array_buffer().map_err(|_| Code::NetServer)?)
            .await
            .map_err(|e| unreachable(&e))?;
        Ok(Reply {
            is_success: response.ok(),
            content: Uint8Array::new(&content).to_vec(),
        })
    }
}

/// What came back on this host.
struct Reply {
    is_success: bool,
    content: Vec<u8>,
}

/// Seconds since 1970, for the validity of keys.
pub(crate) fn now() -> u64 {
    (js_sys::Date::now() / 1000.0) as u64
}

fn read<T: DeserializeOwned>(is_success: bool, text: &str) -> Result<T, Failure> {
    if is_success {
        serde_json::from_str(text).map_err(|_| Code::NetServer.into())
    } else {
        Err(problem(text))
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
pub(crate) fn problem(text: &str) -> Failure {
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
