//! What can be asked of the authority: each operation once. A route that is not in one of these tables fails a
//! test.

mod card;
mod development;
mod frame;
mod operator;
mod pages;
mod public;
mod site;
mod terminal;

use nod_protocol::{codes::Code, envelope::MEDIA_TYPE};

use Code::*;

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
    /// What may stand behind the path's `?`.
    pub(super) query: &'static [Query],
    pub(super) takes: Takes,
    pub(super) gives: Gives,
    /// Besides [`ANYWHERE`].
    pub(super) codes: &'static [Code],
}

/// All of them, each table for another reader.
const OPERATIONS: [&[Operation]; 6] = [
    public::ALL,
    frame::ALL,
    site::ALL,
    card::ALL,
    pages::ALL,
    operator::ALL,
];

/// All that an authority has.
pub(super) fn all(development: bool) -> impl Iterator<Item = &'static Operation> {
    let more: &[Operation] = if development { development::ALL } else { &[] };
    OPERATIONS.into_iter().flatten().chain(more)
}

/// What operators' terminals ask for, on an origin of their own.
pub(super) const TERMINALS: &[Operation] = terminal::ALL;

/// Errors that every operation can have.
pub(super) const ANYWHERE: [Code; 3] = [NetServer, NetBusy, NetTimeout];

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

/// A parameter that may be left out.
#[derive(Clone, Copy)]
pub(super) struct Query {
    pub(super) name: &'static str,
    pub(super) schema: &'static str,
}

/// The body of a request.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Nothing,
    /// JSON of one of these schemas.
    Json(&'static [&'static str]),
    /// Bytes of this media type.
    Bytes(&'static str),
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
    /// Bytes of this media type.
    Bytes(&'static str),
    /// A file of the widget, of whatever type.
    File,
}

/// A sealed envelope.
const SEALED: Takes = Takes::Bytes(MEDIA_TYPE);

const FRAME: &str = "frame";
const SITE: &str = "site";
const CARD: &str = "card";
const PUBLIC: &str = "public";
const OPERATOR: &str = "operator";
const IMPORTER: &str = "importer";
const TERMINAL: &str = "terminal";
const DEVELOPMENT: &str = "development";

const fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        path,
        method: Method::Get,
        id,
        tag: PUBLIC,
        summary,
        proof: Proof::None,
        query: &[],
        takes: Takes::Nothing,
        gives: Gives::File,
        codes: &[],
    }
}

const fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method: Method::Post,
        tag: FRAME,
        ..get(path, id, summary)
    }
}
