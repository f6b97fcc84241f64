//! One operation of the interface: what it takes, what it gives, what it refuses.

use nod_protocol::{codes::Code, envelope::MEDIA_TYPE};

/// One method of one address.
pub(super) struct Operation {
    /// As in the router's table.
    pub(super) path: &'static str,
    pub(super) method: Method,
    /// Unique; clients are generated with it.
    pub(super) id: &'static str,
    /// For whom.
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) proof: Proof,
    pub(super) takes: Takes,
    pub(super) gives: Gives,
    /// Besides [`ANYWHERE`].
    pub(super) codes: &'static [Code],
}

/// Errors that every operation can have.
pub(super) const ANYWHERE: [Code; 3] = [Code::NetServer, Code::NetBusy, Code::NetTimeout];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

/// How a caller proves who it is: a bearer token (RFC 6750), or nothing.
#[derive(Clone, Copy)]
pub(super) enum Proof {
    None,
    /// Of this security scheme.
    Bearer(&'static str),
    /// Of this security scheme, or none.
    MayBearer(&'static str),
}

/// The body of a request.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Nothing,
    /// JSON of one of these schemas.
    Json(&'static [&'static str]),
    /// A sealed envelope.
    Sealed,
}

/// The body of a 200.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// JSON of one of these schemas.
    Json(&'static [&'static str]),
    /// The same, and also with status 503.
    Readiness(&'static str),
    /// Text of this media type.
    Text(&'static str),
    /// A file of the widget, of whatever type.
    File,
}

pub(super) const SEALED: &str = MEDIA_TYPE;

/// To be completed: a page or file for anybody.
pub(super) const fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        path,
        method: Method::Get,
        id,
        tag: "public",
        summary,
        proof: Proof::None,
        takes: Takes::Nothing,
        gives: Gives::File,
        codes: &[],
    }
}

/// To be completed: a request of the frame.
pub(super) const fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method: Method::Post,
        tag: "frame",
        ..get(path, id, summary)
    }
}
