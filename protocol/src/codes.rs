//! Every code that Nod shows to a page, a site's back end or an operator: one table.
//!
//! Documents, translations and the authority's errors are made from [`Code::ALL`]; a code that is not
//! here does not exist. Codes that must stay inside the frame (`hint.*`) are listed for the frame's
//! texts but [`Code::is_private`] keeps them away from the page.

use serde::{Serialize, Serializer};

/// What the person or program that meets the code can do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Try the same again.
    Retry,
    /// Begin a new attempt (a new session).
    Restart,
    /// Try again after the time in `Retry-After`.
    Wait,
    /// Follow the hint and stay in front of the camera.
    Adjust,
    /// Allow or free the camera, then begin again.
    CheckCamera,
    /// Use the site's way without a face.
    Alternative,
    /// Use another browser or device.
    OtherDevice,
    /// The site's developer has to change something.
    FixIntegration,
    /// Ask the authority's operator or terminal.
    ContactOperator,
}

macro_rules! codes {
    ($( $variant:ident = $text:literal, $status:literal, $retryable:literal, $next:ident, $title:literal; )+) => {
        /// A stable code; its wire form is [`Code::as_str`].
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code {
            $( #[doc = concat!("`", $text, "`: ", $title, ".")] $variant, )+
        }

        impl Code {
            /// All codes, in the order of the documents.
            pub const ALL: &'static [Code] = &[ $( Code::$variant ),+ ];

            /// The wire form, for example `session.spent`.
            pub fn as_str(self) -> &'static str {
                match self { $( Code::$variant => $text ),+ }
            }

            /// One short English sentence without the full stop, for developers.
            pub fn title(self) -> &'static str {
                match self { $( Code::$variant => $title ),+ }
            }

            /// HTTP status where the authority answers with this code; 0 if it never does.
            pub fn status(self) -> u16 {
                match self { $( Code::$variant => $status ),+ }
            }

            /// Whether the same request, or a new attempt by the same person, can succeed.
            pub fn retryable(self) -> bool {
                match self { $( Code::$variant => $retryable ),+ }
            }

            /// What to do next.
            pub fn next(self) -> Next {
                match self { $( Code::$variant => Next::$next ),+ }
            }
        }
    };
}

codes! {
    ConfigBadSitekey = "config.bad_sitekey", 404, false, FixIntegration, "No site is registered under this site key";
    ConfigBadAction = "config.bad_action", 400, false, FixIntegration, "The site is not registered for this action, level or question";
    ConfigBadSession = "config.bad_session", 400, false, FixIntegration, "The request for a session is malformed or its secret is wrong";
    ConfigBadImportKey = "config.bad_import_key", 401, false, ContactOperator, "The import key is missing, unknown or revoked";
    ConfigOriginNotAllowed = "config.origin_not_allowed", 403, false, FixIntegration, "The page's origin is not registered for this site key";
    EnvInsecureContext = "env.insecure_context", 0, false, FixIntegration, "The page is not a secure context, so the browser gives no camera";
    EnvUnsupported = "env.unsupported", 400, false, OtherDevice, "This way is not supported here";
    EnvNoWasm = "env.no_wasm", 0, false, OtherDevice, "The browser has no WebAssembly with fixed-width SIMD";
    EnvPolicyBlocked = "env.policy_blocked", 0, false, FixIntegration, "The page's Permissions-Policy does not let the frame use the camera";
    EnvCspBlocked = "env.csp_blocked", 0, false, FixIntegration, "The page's Content-Security-Policy blocks the frame";
    EnvAssetFetch = "env.asset_fetch", 404, true, Retry, "A file of the widget could not be fetched";
    EnvAssetIntegrity = "env.asset_integrity", 0, false, ContactOperator, "A file of the widget is not the one that was published";
    EnvOutOfMemory = "env.out_of_memory", 0, true, OtherDevice, "The device has too little memory";
    CameraNone = "camera.none", 0, true, CheckCamera, "No camera was found";
    CameraDenied = "camera.denied", 0, true, CheckCamera, "The camera was not allowed";
    CameraInUse = "camera.in_use", 0, true, CheckCamera, "Another program uses the camera";
    CameraTooSmall = "camera.too_small", 0, true, CheckCamera, "The camera's picture is too small";
    CameraTooSlow = "camera.too_slow", 0, true, CheckCamera, "The camera gives too few pictures a second";
    CameraEnded = "camera.ended", 0, true, CheckCamera, "The camera was unplugged or taken away";
    UserCancelled = "user.cancelled", 0, true, Restart, "The resident cancelled";
    UserConsentDeclined = "user.consent_declined", 0, true, Alternative, "The resident did not consent";
    UserAlternative = "user.alternative", 0, true, Alternative, "The resident chose the way without a face";
    UserInactive = "user.inactive", 0, true, Restart, "Nothing happened for too long";
    NetOffline = "net.offline", 0, true, Retry, "The network is away";
    NetTimeout = "net.timeout", 408, true, Retry, "The authority did not answer in time";
    NetServer = "net.server", 500, true, Retry, "The authority could not answer";
    NetBusy = "net.busy", 503, true, Wait, "The authority is busy, or a part of it is away";
    SessionUnknown = "session.unknown", 404, true, Restart, "There is no such session, or it does not fit this request";
    SessionExpired = "session.expired", 410, true, Restart, "The session's time is over";
    SessionSpent = "session.spent", 409, true, Restart, "The session was used already";
    SealMalformed = "seal.malformed", 400, false, Restart, "The sealed body is not a valid envelope for this session";
    SealTooLarge = "seal.too_large", 413, false, Restart, "The sealed body is over the limit";
    SealUnknownKey = "seal.unknown_key", 400, true, Restart, "The sealing key is unknown or retired";
    SealOpenFailed = "seal.open_failed", 400, true, Restart, "The sealed body does not open for this session";
    HandoffUnknown = "handoff.unknown", 404, true, Restart, "There is no such hand-off to a phone";
    HandoffExpired = "handoff.expired", 410, true, Restart, "The hand-off's time is over";
    HandoffSpent = "handoff.spent", 409, true, Restart, "The hand-off's link was opened before";
    HandoffEnded = "handoff.ended", 409, true, Restart, "The hand-off was ended on the other screen";
    HandoffWrongCode = "handoff.wrong_code", 403, true, Retry, "The code is not the one on the other screen";
    HandoffRefused = "handoff.refused", 403, true, Restart, "A wrong code was typed too often";
    HandoffFailed = "handoff.failed", 0, true, Restart, "The check could not be finished on the phone";
    LimitSite = "limit.site", 429, true, Wait, "The site has reached its limit";
    LimitAddress = "limit.address", 429, true, Wait, "Too many requests from this address";
    LimitDevice = "limit.device", 429, true, Wait, "Too many requests from this device";
    EnrolTicketUnknown = "enrol.ticket_unknown", 403, false, ContactOperator, "Enrolment needs a valid ticket";
    EnrolTicketSpent = "enrol.ticket_spent", 409, false, ContactOperator, "The ticket was used already";
    EnrolTicketMismatch = "enrol.ticket_mismatch", 403, false, ContactOperator, "The ticket is for another person";
    EnrolExists = "enrol.exists", 409, false, ContactOperator, "A template is enrolled already and is not replaced";
    EnrolQuality = "enrol.quality", 422, true, Restart, "The capture or passcode is not good enough to enrol";
    AnswerExpired = "answer.expired", 400, true, Restart, "The answer's time is over";
    AnswerAlreadyUsed = "answer.already_used", 409, true, Restart, "The answer was checked before";
    AnswerInvalid = "answer.invalid", 400, false, FixIntegration, "The answer is not one of this authority for this site";
    CapturePositioning = "capture.positioning", 0, true, Adjust, "The resident is finding the right place before the camera";
    CaptureHolding = "capture.holding", 0, true, Adjust, "The capture is under way";
    HintNoFace = "hint.no_face", 0, true, Adjust, "No face is in the picture";
    HintManyFaces = "hint.many_faces", 0, true, Adjust, "More than one face is in the picture";
    HintTooFar = "hint.too_far", 0, true, Adjust, "The face is too small";
    HintTooClose = "hint.too_close", 0, true, Adjust, "The face is too large";
    HintOffCentre = "hint.off_centre", 0, true, Adjust, "The face is not in the middle or is cut by the edge";
    HintTooDark = "hint.too_dark", 0, true, Adjust, "The face is too dark";
    HintTooBright = "hint.too_bright", 0, true, Adjust, "The face is too bright";
    HintUnevenLight = "hint.uneven_light", 0, true, Adjust, "The light comes from one side";
    HintBlurred = "hint.blurred", 0, true, Adjust, "The picture is blurred";
    HintNotFrontal = "hint.not_frontal", 0, true, Adjust, "The head is turned away";
    HintEyesClosed = "hint.eyes_closed", 0, true, Adjust, "The eyes are closed";
    HintCovered = "hint.covered", 0, true, Adjust, "The face is covered";
    HintMoving = "hint.moving", 0, true, Adjust, "The head moves too much";
}

impl Code {
    /// Codes that tell something about the resident's face or surroundings: shown in the frame only.
    pub fn is_private(self) -> bool {
        self.as_str().starts_with("hint.")
    }

    /// The code with this wire form.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn wire_forms_are_unique_and_found_again() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.as_str()), Some(*code));
        }
        assert_eq!(Code::from_name("session.other"), None);
    }

    #[test]
    fn only_statuses_that_http_knows() {
        for code in Code::ALL {
            let status = code.status();
            assert!(
                status == 0 || (400..=503).contains(&status),
                "{}",
                code.as_str()
            );
        }
    }

    #[test]
    fn every_hint_is_private_and_nothing_else() {
        let private = Code::ALL.iter().filter(|c| c.is_private()).count();
        assert_eq!(private, 13);
        assert!(!Code::CapturePositioning.is_private());
    }
}
