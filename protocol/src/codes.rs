//! Every code that Nod shows to a page, a site's back end or an operator: one table.
//!
//! Documents, types, the element's and the frame's own tables (`cargo xtask generate`) and the authority's errors are made
//! from [`Code::ALL`]; a code that is not here does not exist. Codes that must stay inside the frame (`hint.*`) are listed for the frame's
//! texts but [`Code::is_private`] keeps them away from the page.

use serde::{Serialize, Serializer};

/// What the person or program that meets the code can do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

impl Next {
    /// The wire form, for example `fix_integration`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Restart => "restart",
            Self::Wait => "wait",
            Self::Adjust => "adjust",
            Self::CheckCamera => "check_camera",
            Self::Alternative => "alternative",
            Self::OtherDevice => "other_device",
            Self::FixIntegration => "fix_integration",
            Self::ContactOperator => "contact_operator",
        }
    }
}

impl Serialize for Next {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

macro_rules! codes {
    ($( $variant:ident = $text:literal, $status:literal, $retryable:literal, $next:ident, $title:literal, $remedy:literal; )+) => {
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

            /// What usually helps, in Markdown, for whoever runs the page, its back end or the authority.
            pub fn remedy(self) -> &'static str {
                match self { $( Code::$variant => $remedy ),+ }
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
    ConfigBadSitekey = "config.bad_sitekey", 404, false, FixIntegration, "No site is registered under this site key",
        "Compare `sitekey` with what `nod-authority site add` printed; keys of another authority are unknown here";
    ConfigBadAction = "config.bad_action", 400, false, FixIntegration, "The site is not registered for this action, level or question",
        "Ask only for what the site is registered for: `action`, `level`, `ask`";
    ConfigBadSession = "config.bad_session", 400, false, FixIntegration, "The request for a session is malformed or its secret is wrong",
        "For sessions that your server mints: the secret, and the shape of the request";
    ConfigBadImportKey = "config.bad_import_key", 401, false, ContactOperator, "The import key is missing, unknown or revoked",
        "For bulk imports ([import.md](import.md)): a new key from the operator";
    ConfigBadMetricsToken = "config.bad_metrics_token", 401, false, ContactOperator, "The bearer token for the metrics is missing or wrong",
        "For who collects metrics: `metrics_token` of the authority's settings";
    ConfigBadMethod = "config.bad_method", 405, false, FixIntegration, "This address is not asked by this method",
        "The methods that it takes are in `Allow`, and in `/.well-known/openapi.json`";
    ConfigOriginNotAllowed = "config.origin_not_allowed", 403, false, FixIntegration, "The page's origin is not registered for this site key",
        "Register the exact origin, scheme and port included. The same is said when the frame does not answer within its time: look in the browser's console for a refused `frame-ancestors`";
    EnvInsecureContext = "env.insecure_context", 0, false, FixIntegration, "The page is not a secure context, so the browser gives no camera",
        "Serve it by HTTPS; every page around it too, if it sits in a frame";
    EnvUnsupported = "env.unsupported", 400, false, OtherDevice, "This way is not supported here",
        "No camera interface: another browser, or your way without a face. `NodVerify.check()` says so before anything is asked";
    EnvNoWasm = "env.no_wasm", 0, false, OtherDevice, "The browser has no WebAssembly with fixed-width SIMD",
        "Chrome 91, Firefox 89 and Safari 16.4 have it; some hardened browsers switch it off";
    EnvPolicyBlocked = "env.policy_blocked", 0, false, FixIntegration, "The page's Permissions-Policy does not let the frame use the camera",
        "`Permissions-Policy: camera=(self \"https://<authority>\")`, and in a frame of yours `allow=\"camera\"`";
    EnvCspBlocked = "env.csp_blocked", 0, false, FixIntegration, "A Content-Security-Policy blocks the frame or what it runs",
        "`script-src https://<authority>; frame-src https://<authority>`. If yours has both: an extension or a proxy puts a policy of its own around the frame";
    EnvAssetFetch = "env.asset_fetch", 404, true, Retry, "A file of the widget could not be fetched",
        "A filter, a proxy that drops files or changes their media type, or an authority that was just updated: reload. `nod.js` with `integrity` stays valid; its build is kept";
    EnvAssetIntegrity = "env.asset_integrity", 0, false, ContactOperator, "A file of the widget is not the one that was published",
        "Something on the way alters files, or the authority serves a mixture of builds: tell its operator";
    EnvOutOfMemory = "env.out_of_memory", 0, true, OtherDevice, "The device has too little memory",
        "Close other tabs, or use another device";
    CameraNone = "camera.none", 0, true, CheckCamera, "No camera was found",
        "Plug one in, or continue elsewhere";
    CameraDenied = "camera.denied", 0, true, CheckCamera, "The camera was not allowed",
        "The resident, or a rule of their employer, said no: the browser's settings of this page (the sign beside the address), and of the system";
    CameraInUse = "camera.in_use", 0, true, CheckCamera, "Another program uses the camera",
        "Close video calls, then try again";
    CameraTooSmall = "camera.too_small", 0, true, CheckCamera, "The camera's picture is too small",
        "At least 240 pixels on the shorter side";
    CameraTooSlow = "camera.too_slow", 0, true, CheckCamera, "The camera gives too few pictures a second",
        "More light, another camera; close what keeps the device busy";
    CameraEnded = "camera.ended", 0, true, CheckCamera, "The camera was unplugged or taken away",
        "Also when the page was hidden: the camera is never on unseen. Try again";
    UserCancelled = "user.cancelled", 0, true, Restart, "The resident cancelled",
        "Nothing; offer to begin again";
    UserConsentDeclined = "user.consent_declined", 0, true, Alternative, "The resident did not consent",
        "Offer the way without a face, without comment";
    UserAlternative = "user.alternative", 0, true, Alternative, "The resident chose the way without a face",
        "Lead there: the address that you registered";
    UserInactive = "user.inactive", 0, true, Restart, "Nothing happened for too long",
        "Your own `timeout` ended the attempt; longer, or none";
    NetOffline = "net.offline", 0, true, Retry, "The network is away",
        "Try again when it is back; nothing was lost and nothing counted";
    NetTimeout = "net.timeout", 408, true, Retry, "The authority did not answer in time",
        "Try again; if it lasts, ask the operator";
    NetServer = "net.server", 500, true, Retry, "The authority could not answer",
        "The same";
    NetBusy = "net.busy", 503, true, Wait, "The authority is busy, or a part of it is away",
        "Try again after the seconds in `Retry-After`";
    SessionUnknown = "session.unknown", 404, true, Restart, "There is no such session, or it does not fit this request",
        "Begin anew. A session is for one purpose, and only for who opened it";
    SessionExpired = "session.expired", 410, true, Restart, "The session's time is over",
        "Begin anew. Before the camera there are 30 minutes, a challenge has one";
    SessionSpent = "session.spent", 409, true, Restart, "The session was used already",
        "Begin anew: a session serves one attempt. Who mints sessions mints another";
    SealMalformed = "seal.malformed", 400, false, Restart, "The sealed body is not a valid envelope for this session",
        "Not from this widget, or altered on the way: a proxy that rewrites requests";
    SealTooLarge = "seal.too_large", 413, false, Restart, "The sealed body is over the limit",
        "The same";
    SealUnknownKey = "seal.unknown_key", 400, true, Restart, "The sealing key is unknown or retired",
        "Begin anew; a page that was open for days has old keys";
    SealOpenFailed = "seal.open_failed", 400, true, Restart, "The sealed body does not open for this session",
        "One code for every reason. Begin anew; if it lasts, something alters requests";
    HandoffUnknown = "handoff.unknown", 404, true, Restart, "There is no such hand-off to a phone",
        "The link is incomplete, an hour old, or another authority's: show a new one";
    HandoffExpired = "handoff.expired", 410, true, Restart, "The hand-off's time is over",
        "Five minutes until the code is typed, then as long as the session: show a new link";
    HandoffSpent = "handoff.spent", 409, true, Restart, "The hand-off's link was opened before",
        "Also when the phone's page was reloaded. If it was not the resident who opened it, somebody else has seen the screen";
    HandoffEnded = "handoff.ended", 409, true, Restart, "The hand-off was ended on the other screen",
        "Cancelled there, or another link was shown: the last one counts";
    HandoffWrongCode = "handoff.wrong_code", 403, true, Retry, "The code is not the one on the other screen",
        "Type the six digits that stand there now; after three wrong ones the link is dead";
    HandoffRefused = "handoff.refused", 403, true, Restart, "A wrong code was typed too often",
        "Show a new link. If the resident typed nothing, somebody else tried";
    HandoffFailed = "handoff.failed", 0, true, Restart, "The check could not be finished on the phone",
        "The phone says why; begin again, on a phone or not";
    LimitSite = "limit.site", 429, true, Wait, "The site has reached its limit",
        "Wait as `Retry-After` says; a registration can have another limit";
    LimitAddress = "limit.address", 429, true, Wait, "Too many requests from this address",
        "Wait. Offices and kiosks that share an address are registered with limits of their own";
    LimitDevice = "limit.device", 429, true, Wait, "Too many requests from this device",
        "Wait. Also said when one session was offered to a phone five times: begin anew";
    EnrolTicketUnknown = "enrol.ticket_unknown", 403, false, ContactOperator, "Enrolment needs a valid ticket",
        "A new ticket; one is good for 15 minutes";
    EnrolTicketSpent = "enrol.ticket_spent", 409, false, ContactOperator, "The ticket was used already",
        "A new ticket";
    EnrolTicketMismatch = "enrol.ticket_mismatch", 403, false, ContactOperator, "The ticket is for another person",
        "The ID number is not the one that the ticket was issued for";
    EnrolExists = "enrol.exists", 409, false, ContactOperator, "A template is enrolled already and is not replaced",
        "Replacing one takes an operator";
    EnrolQuality = "enrol.quality", 422, true, Restart, "The capture or passcode is not good enough to enrol",
        "Even light; eight digits that are no date and no run";
    EnrolKeyRefused = "enrol.key_refused", 422, true, Retry, "The device key is not bound",
        "Made elsewhere, bound already, or one more than a resident may have: try again, or go on without";
    EnrolPhone = "enrol.phone", 403, false, Restart, "The mobile number is not confirmed",
        "At a terminal the number is confirmed before the capture: begin anew";
    EnrolNumber = "enrol.number", 400, true, Retry, "Not a mobile number in international form",
        "With the country's code, for example +49 151 23456789";
    EnrolWrongCode = "enrol.wrong_code", 403, true, Retry, "The code is not the one that was sent",
        "Type the six digits of the last message; after three wrong ones ask for another";
    EnrolCodeSpent = "enrol.code_spent", 409, true, Retry, "The code was typed too often, or is older than five minutes",
        "Ask for another code";
    EnrolNoMoreCodes = "enrol.no_more_codes", 409, false, ContactOperator, "No more codes are sent for this enrolment",
        "Three for each: the operator opens another";
    EnrolNotSent = "enrol.not_sent", 503, true, Wait, "The message with the code could not be sent",
        "For operators: the program that `[terminal] sender` names; the log says how it ended";
    TerminalNotSignedIn = "terminal.not_signed_in", 401, false, ContactOperator, "No operator is signed in at this terminal",
        "Sign in; after half an hour without doing anything an operator is signed out ([terminal.md](terminal.md))";
    TerminalNothing = "terminal.nothing", 404, false, Restart, "There is no enrolment to decide about",
        "It was decided, its time is over, or another operator opened it";
    TerminalPortrait = "terminal.portrait", 409, false, ContactOperator, "The imported photograph shows another face",
        "Find out why before you confirm: an old photograph, or somebody else's document";
    AnswerExpired = "answer.expired", 400, true, Restart, "The answer's time is over",
        "Check answers when they arrive; ask the resident again";
    AnswerAlreadyUsed = "answer.already_used", 409, true, Restart, "The answer was checked before",
        "Check once, and keep the result: a second check may be somebody else's";
    AnswerInvalid = "answer.invalid", 400, false, FixIntegration, "The answer is not one of this authority for this site",
        "Another site's token, another authority's, or an altered one: refuse it";
    CapturePositioning = "capture.positioning", 0, true, Adjust, "The resident is finding the right place before the camera",
        "Nothing: `nod-progress` says that it goes on, and not more";
    CaptureHolding = "capture.holding", 0, true, Adjust, "The capture is under way",
        "The same";
    HintNoFace = "hint.no_face", 0, true, Adjust, "No face is in the picture",
        "Nothing: the frame tells the resident, and nobody else";
    HintManyFaces = "hint.many_faces", 0, true, Adjust, "More than one face is in the picture",
        "Nothing: the frame tells the resident, and nobody else";
    HintTooFar = "hint.too_far", 0, true, Adjust, "The face is too small",
        "Nothing: the frame tells the resident, and nobody else";
    HintTooClose = "hint.too_close", 0, true, Adjust, "The face is too large",
        "Nothing: the frame tells the resident, and nobody else";
    HintOffCentre = "hint.off_centre", 0, true, Adjust, "The face is not in the middle or is cut by the edge",
        "Nothing: the frame tells the resident, and nobody else";
    HintTooDark = "hint.too_dark", 0, true, Adjust, "The face is too dark",
        "Nothing: the frame tells the resident, and nobody else";
    HintTooBright = "hint.too_bright", 0, true, Adjust, "The face is too bright",
        "Nothing: the frame tells the resident, and nobody else";
    HintUnevenLight = "hint.uneven_light", 0, true, Adjust, "The light comes from one side",
        "Nothing: the frame tells the resident, and nobody else";
    HintBlurred = "hint.blurred", 0, true, Adjust, "The picture is blurred",
        "Nothing: the frame tells the resident, and nobody else";
    HintNotFrontal = "hint.not_frontal", 0, true, Adjust, "The head is turned away",
        "Nothing: the frame tells the resident, and nobody else";
    HintEyesClosed = "hint.eyes_closed", 0, true, Adjust, "The eyes are closed",
        "Nothing: the frame tells the resident, and nobody else";
    HintCovered = "hint.covered", 0, true, Adjust, "The face is covered",
        "Nothing: the frame tells the resident, and nobody else";
    HintMoving = "hint.moving", 0, true, Adjust, "The head moves too much",
        "Nothing: the frame tells the resident, and nobody else";
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
