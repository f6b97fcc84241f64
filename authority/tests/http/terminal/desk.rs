//! A terminal with its operator, and a program that sends messages: into a file.

use std::path::PathBuf;

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use nod_authority::{
    store::Operator,
    terminal::{self, OperatorId},
    vault::TokenKind,
};
use nod_protocol::{http::SessionReply, ids::Level};
use serde_json::{Value, json};

use super::{NUMBER, OFFICE};
use crate::{
    harness::{Harness, Reply, site},
    people::Person,
};

pub(super) struct Desk {
    pub(super) h: Harness,
    router: Router,
    messages: tempfile::TempDir,
    pub(super) operator: OperatorId,
    pub(super) secret: String,
    pub(super) shift: String,
}

/// What the operator's page is given.
pub(super) struct Opened {
    pub(super) id: String,
    pub(super) ticket: String,
    pub(super) portrait: Value,
}

impl Desk {
    /// An operator has signed in.
    pub(super) async fn open() -> Self {
        let messages = tempfile::tempdir().unwrap();
        let file = messages.path().join("sent");
        let settings = format!(
            "[terminal]\nlisten = \"127.0.0.1:0\"\norigin = \"https://desk.example.gov\"\n\
             sender = [\"/bin/sh\", \"-c\", \"cat >> {}\"]\n",
            file.display()
        );
        let h = Harness::start_with(&settings).await;
        let office = site("pk_office", OFFICE, Level::Full, true);
        h.register(office, "sk_planted-office-secret").await;
        let (operator, secret) = added(&h, "Town hall, window 3").await;
        let mut desk = Self {
            router: terminal::router(h.authority.clone()),
            h,
            messages,
            operator,
            secret,
            shift: String::new(),
        };
        desk.shift = desk.sign_in(&desk.secret.clone()).await.json::<Value>()["shift"]
            .as_str()
            .unwrap()
            .to_owned();
        desk
    }

    pub(super) async fn sign_in(&self, secret: &str) -> Reply {
        self.with(
            "/v1/terminal/sign-in",
            None,
            Some(&json!({"secret": secret})),
        )
        .await
    }

    /// Any request at the terminal's origin.
    pub(super) async fn with(
        &self,
        path: &str,
        shift: Option<&str>,
        body: Option<&Value>,
    ) -> Reply {
        let mut request = match body {
            None => Request::get(path),
            Some(_) => Request::post(path).header(header::CONTENT_TYPE, "application/json"),
        };
        if let Some(shift) = shift {
            request = request.header(header::AUTHORIZATION, format!("Bearer {shift}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.h
            .send_to(&self.router, request.body(body).unwrap())
            .await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.with(path, Some(&self.shift), Some(body)).await
    }

    pub(super) async fn open_for(&self, id: &str) -> Reply {
        self.post("/v1/terminal/enrolments", &json!({"claimed_id": id}))
            .await
    }

    pub(super) async fn enrolment(&self, person: &Person) -> Opened {
        let opened: Value = self.open_for(person.id).await.json();
        let link = opened["link"].as_str().unwrap();
        let ticket = link.strip_prefix("https://id.example.gov/enrol#").unwrap();
        assert!(opened["qr"]["side"].as_u64().unwrap() >= 21);
        Opened {
            id: opened["enrolment"].as_str().unwrap().to_owned(),
            ticket: ticket.to_owned(),
            portrait: opened["portrait"].clone(),
        }
    }

    /// Somebody with this number (and this face) has come as far as the operator; the enrolment, and what their phone waits with.
    pub(super) async fn held(&self, number: &Person, face: &Person) -> (String, String) {
        let enrolment = self.enrolment(number).await;
        self.held_for(enrolment, number, face).await
    }

    pub(super) async fn held_for(
        &self,
        enrolment: Opened,
        number: &Person,
        face: &Person,
    ) -> (String, String) {
        let session = self.h.open_to_enrol(&enrolment.ticket).await;
        self.confirm_number(&session, NUMBER).await;
        let mut payload = number.payload(10 + self.h.authority.now() % 7);
        payload.captures = face.payload(10).captures;
        let reply: Value = self.h.submit(&session, &payload).await.json();
        (enrolment.id, reply["waiting"].as_str().unwrap().to_owned())
    }

    pub(super) async fn state(&self, enrolment: &str) -> Value {
        let path = format!("/v1/terminal/enrolments/{enrolment}");
        self.with(&path, Some(&self.shift), None).await.json()
    }

    pub(super) async fn issue(&self, enrolment: &str, body: &Value) -> Reply {
        self.post(&format!("/v1/terminal/enrolments/{enrolment}/issue"), body)
            .await
    }

    pub(super) async fn refuse(&self, enrolment: &str) -> Reply {
        let path = format!("/v1/terminal/enrolments/{enrolment}/refuse");
        self.post(&path, &json!({})).await
    }

    pub(super) async fn ask_for_code(&self, session: &SessionReply, number: &str) -> Reply {
        let request = json!({"session": session.session, "number": number});
        self.h.post("/v1/enrol/phone", &request).await
    }

    pub(super) async fn type_code(&self, session: &SessionReply, code: &str) -> Reply {
        let request = json!({"session": session.session, "code": code});
        self.h.post("/v1/enrol/code", &request).await
    }

    pub(super) async fn confirm_number(&self, session: &SessionReply, number: &str) {
        let sent = self.ask_for_code(session, number).await;
        assert_eq!(sent.status.as_u16(), 200, "{}", sent.text());
        let typed: Value = self.type_code(session, &self.last_code()).await.json();
        assert_eq!(typed, json!({"changed": true}));
    }

    /// Everything that was sent.
    pub(super) fn messages(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap_or_default()
    }

    /// The six digits of the newest message.
    pub(super) fn last_code(&self) -> String {
        let sent = self.messages();
        let last: Value = serde_json::from_str(sent.lines().last().unwrap()).unwrap();
        let text = last["text"].as_str().unwrap();
        let at = text.find("code is ").unwrap() + "code is ".len();
        text[at..at + 6].to_owned()
    }

    /// From now on the program cannot write.
    pub(super) fn break_sender(&self) {
        std::fs::create_dir(self.file()).unwrap();
    }

    pub(super) fn mend_sender(&self) {
        std::fs::remove_dir(self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.messages.path().join("sent")
    }

    /// Names of everything in the audit log.
    pub(super) async fn log(&self) -> Vec<String> {
        let entries = self.h.authority.store.audit_entries(100).await.unwrap();
        let names = entries
            .iter()
            .map(|listed| listed.entry.event.name().to_owned());
        names.collect()
    }
}

/// An operator, and their secret.
pub(super) async fn added(h: &Harness, name: &str) -> (OperatorId, String) {
    let secret = terminal::new_secret().unwrap();
    let operator = Operator {
        id: OperatorId::random().unwrap(),
        name: name.to_owned(),
        created_at: h.authority.now(),
        revoked_at: None,
    };
    let store = &h.authority.store;
    let hash = store.vault().token_hash(TokenKind::OperatorSecret, &secret);
    store.add_operator(&operator, &hash).await.unwrap();
    (operator.id, secret.to_string())
}
