//! The class that the worker sees. It moves values between JavaScript and [`Attempt`] and decides nothing.
//!
//! No method returns an embedding, a frame, a box, a score or a claimed ID.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use js_sys::Promise;
use nod_protocol::challenge::Mode;
use nod_protocol::codes::Code;
use nod_protocol::http::ChallengeRequest;
use nod_protocol::ids::Purpose;
use nod_protocol::key_config::RootPublicKey;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;
use web_sys::ImageBitmap;

use crate::answer::peek_yes;
use crate::attempt::{Attempt, Claimed, Signed};
use crate::camera::Camera;
use crate::failure::Failure;
use crate::image::Frame;
use crate::post::{self, Authority};
use crate::relay::Ask;

/// One widget's capture. Failures are thrown as `{code, retryable, next}`.
#[wasm_bindgen]
pub struct Capture {
    attempt: Rc<RefCell<Attempt>>,
    authority: Authority,
    camera: Camera,
}

#[derive(Deserialize)]
struct Options {
    authority: String,
    root_key: String,
    build: String,
}

#[wasm_bindgen]
impl Capture {
    /// `{authority, root_key, build}`: the authority's origin, base64url of its root's uncompressed point,
    /// hexadecimal SHA-256 of the wasm. On any other origin than the authority's everything is sealed for a relay's gateway, and
    /// a host that is no relay has none.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Capture, JsValue> {
        console_error_panic_hook::set_once();
        let options: Options =
            serde_wasm_bindgen::from_value(options).map_err(|_| thrown(Code::ConfigBadSession))?;
        let host = own_origin().ok_or_else(|| thrown(Code::EnvUnsupported))?;
        let root = RootPublicKey::from_base64url(&options.root_key)
            .ok_or_else(|| thrown(Code::EnvAssetIntegrity))?;
        let build = from_hex(&options.build).ok_or_else(|| thrown(Code::EnvAssetIntegrity))?;
        let authority = Authority::new(host, &options.authority, &root)
            .ok_or_else(|| thrown(Code::ConfigBadSession))?;
        Ok(Capture {
            attempt: Rc::new(RefCell::new(Attempt::new(root, build))),
            authority,
            camera: Camera::new().map_err(|_| thrown(Code::EnvUnsupported))?,
        })
    }

    /// Takes the text of the models' `manifest.json`.
    pub fn set_manifest(&self, json: &str) -> Result<(), JsValue> {
        self.attempt.borrow_mut().set_manifest(json).map_err(thrown)
    }

    /// `[{name, file, sha256, bytes}]` for the given model sets.
    pub fn models_needed(&self, model_sets: Vec<String>) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct Needed<'a> {
            name: &'a str,
            file: &'a str,
            sha256: &'a str,
            bytes: u64,
        }
        let attempt = self.attempt.borrow();
        let files = attempt.models_needed(&model_sets).map_err(thrown)?;
        let needed = files.iter().map(|f| Needed {
            name: &f.name,
            file: &f.file,
            sha256: &f.sha256,
            bytes: f.bytes,
        });
        to_js(&needed.collect::<Vec<_>>())
    }

    /// Checks a model's bytes against the manifest and prepares it; takes up to a second.
    pub fn load_model(&self, name: &str, bytes: &[u8]) -> Result<(), JsValue> {
        self.attempt
            .borrow_mut()
            .load_model(name, bytes)
            .map_err(thrown)
    }

    /// Opens a session and gets the sealing keys. Resolves to what consent shows.
    pub fn open_session(&self, request: JsValue) -> Promise {
        let (attempt, authority) = (self.attempt.clone(), self.authority.clone());
        promise(async move {
            // Through JSON and not serde, so that absent and undefined fields are the same.
            let json = js_sys::JSON::stringify(&request).map_err(|_| Code::ConfigBadSession)?;
            let json = json.as_string().ok_or(Code::ConfigBadSession)?;
            let keys = authority.keys().await?;
            let reply = authority.open_session(&json).await?;
            attempt.borrow_mut().open(reply, &keys, post::now())
        })
    }

    /// One camera frame, taken at `at_ms` (`performance.now()`): `{phase, hint, progress, cue}`.
    pub fn look(&self, bitmap: &ImageBitmap, at_ms: f64) -> Result<JsValue, JsValue> {
        let pixels = self
            .camera
            .read(bitmap)
            .map_err(|_| thrown(Code::CameraEnded))?;
        let frame = Frame::new(pixels.width, pixels.height, &pixels.rgba).map_err(thrown)?;
        let progress = self
            .attempt
            .borrow_mut()
            .look(&frame, at_ms as u64)
            .map_err(thrown)?;
        to_js(&progress)
    }

    /// Asks for the challenge, in phase `ready`; `mode` is `still` or `move`. Resolves to
    /// `{mode, expires_in, steps}`.
    pub fn challenge(&self, mode: String) -> Promise {
        #[derive(Serialize)]
        struct View {
            mode: Mode,
            expires_in: u64,
            steps: Vec<nod_protocol::challenge::Step>,
        }
        let (attempt, authority) = (self.attempt.clone(), self.authority.clone());
        promise(async move {
            let mode = match mode.as_str() {
                "still" => Mode::Still,
                "move" => Mode::Move,
                _ => return Err(Code::EnvUnsupported.into()),
            };
            let session = attempt.borrow_mut().ask()?;
            let reply = authority
                .challenge(&session, ChallengeRequest { mode })
                .await;
            let reply = attempt.borrow_mut().challenged(reply)?;
            Ok(View {
                mode,
                expires_in: reply.expires_in,
                steps: reply.challenge.steps,
            })
        })
    }

    /// Seals and posts the capture, in phase `captured`. Resolves to `{token, yes, case}` (`case` with a no only) or `{enrolled, waiting}` (`waiting` where an
    /// operator decides), and to `{}` where the
    /// answer goes to another screen. `claimed_id` and `passcode` are as typed; `device` is the handle of one that stands for an ID,
    /// or beside an ID is to be remembered; `handle` is what a kiosk's camera was shown. `signed` is what a device key signed, in base64url:
    /// credential, authenticator data, client data, signature. After an enrolment `key_registration` lets the page bind a device key.
    pub fn submit(
        &self,
        claimed_id: Option<String>,
        device: Option<String>,
        passcode: Option<String>,
        handle: Option<String>,
        signed: Option<Vec<String>>,
    ) -> Promise {
        #[derive(Default, Serialize)]
        struct View {
            #[serde(skip_serializing_if = "Option::is_none")]
            token: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            yes: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            case: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            enrolled: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            waiting: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            key_registration: Option<String>,
        }
        let signed_texts = signed.map(zeroize::Zeroizing::new);
        let texts =
            [claimed_id, device, passcode, handle].map(|text| text.map(zeroize::Zeroizing::new));
        let (attempt, authority) = (self.attempt.clone(), self.authority.clone());
        promise(async move {
            let [id, device, passcode, handle] = texts
                .each_ref()
                .map(|text| text.as_ref().map(|t| t.as_str()));
            let signed = match signed_texts.as_ref().map(|parts| parts.as_slice()) {
                None => None,
                Some([credential, authenticator_data, client_data, signature]) => Some(Signed {
                    credential,
                    authenticator_data,
                    client_data,
                    signature,
                }),
                Some(_) => return Err(Code::SealMalformed.into()),
            };
            let claimed = Claimed {
                id,
                device,
                handle,
                passcode,
                signed,
            };
            let sealed = attempt.borrow_mut().seal(&claimed)?;
            drop(texts);
            drop(signed_texts);
            match sealed.purpose {
                Purpose::Verify => {
                    let reply = authority.verify(&sealed.body).await?;
                    let Some(token) = reply.token else {
                        return Ok(View::default());
                    };
                    let yes = peek_yes(&token).ok_or(Code::NetServer)?;
                    Ok(View {
                        token: Some(token),
                        yes: Some(yes),
                        case: reply.case,
                        ..View::default()
                    })
                }
                Purpose::Enrol => {
                    let reply = authority.enrol(&sealed.body).await?;
                    Ok(View {
                        enrolled: Some(reply.enrolled),
                        waiting: reply.waiting,
                        key_registration: reply.key_registration,
                        ..View::default()
                    })
                }
            }
        })
    }

    /// A request of the frame's own, sealed for the relay that this frame came from: to continue on a phone, to forget a device.
    /// `bearer` is a hand-off's secret, `json` the body. Resolves to the reply's JSON as text.
    pub fn request(
        &self,
        method: String,
        path: String,
        bearer: Option<String>,
        json: Option<String>,
    ) -> Promise {
        let authority = self.authority.clone();
        promise(async move {
            let ask = Ask {
                method: &method,
                path: &path,
                media_type: json.as_ref().map(|_| "application/json"),
                bearer: bearer.as_deref(),
                content: json.as_deref().unwrap_or_default().as_bytes(),
            };
            match authority.ask(&ask).await? {
                (true, text) => Ok(text),
                (false, text) => Err(post::problem(&text)),
            }
        })
    }

    /// Forgets session and capture; the models stay loaded.
    pub fn reset(&self) {
        self.attempt.borrow_mut().reset();
    }
}

fn promise<T: Serialize>(work: impl Future<Output = Result<T, Failure>> + 'static) -> Promise {
    future_to_promise(async move { to_js(&work.await.map_err(thrown)?) })
}

fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
    value
        .serialize(&serializer)
        .map_err(|_| thrown(Code::EnvUnsupported))
}

fn thrown(failure: impl Into<Failure>) -> JsValue {
    let failure = failure.into();
    serde_wasm_bindgen::to_value(&failure)
        .unwrap_or_else(|_| JsValue::from_str(failure.code.as_str()))
}

/// The origin of the worker or window that this runs in.
fn own_origin() -> Option<String> {
    let location = js_sys::Reflect::get(&js_sys::global(), &"location".into()).ok()?;
    let location: js_sys::Object = location.dyn_into().ok()?;
    js_sys::Reflect::get(&location, &"origin".into())
        .ok()?
        .as_string()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}
