//! What a terminal's enrolment leaves in the raw database: nothing in the clear while it is under way, and nothing at all afterwards.

use serde_json::json;

use super::desk::Desk;
use crate::{
    people::ANN,
    secrecy::{contains, database_bytes},
};

#[tokio::test]
async fn neither_number_nor_code_nor_id_is_in_the_raw_files() {
    let desk = Desk::open().await;
    let (enrolment, waiting) = desk.held(&ANN, &ANN).await;
    let code = desk.last_code();
    for decided in [false, true] {
        let raw = database_bytes(&desk.h);
        // The scan can find things.
        assert!(contains(&raw, enrolment.as_bytes()));
        for secret in [
            "+447700900123",
            "447700900123",
            code.as_str(),
            ANN.id,
            ANN.passcode,
            waiting.as_str(),
            desk.secret.as_str(),
            desk.shift.as_str(),
            "argon2",
        ] {
            assert!(!contains(&raw, secret.as_bytes()), "{secret}");
        }
        if !decided {
            desk.issue(&enrolment, &json!({"document_checked": true}))
                .await;
        }
    }
}

#[tokio::test]
async fn what_was_held_is_gone_once_it_is_decided_or_its_time_is_over() {
    let sealed = "SELECT id FROM terminal_enrolments WHERE claimed_id IS NOT NULL OR phone IS NOT NULL OR passcode IS NOT NULL
                  UNION ALL SELECT enrolment_id FROM terminal_templates";
    for how in ["issue", "refuse", "wait"] {
        let desk = Desk::open().await;
        let (enrolment, _) = desk.held(&ANN, &ANN).await;
        let held: Vec<(String,)> = desk.h.past_the_store().await.rows(sealed).await;
        assert_eq!(held.len(), 2);
        match how {
            "issue" => drop(
                desk.issue(&enrolment, &json!({"document_checked": true}))
                    .await,
            ),
            "refuse" => drop(desk.refuse(&enrolment).await),
            _ => {
                desk.h.wait(15 * 60);
                let store = &desk.h.authority.store;
                store.forget_expired(desk.h.authority.now()).await.unwrap();
            }
        }
        let held: Vec<(String,)> = desk.h.past_the_store().await.rows(sealed).await;
        assert!(held.is_empty(), "{how}");
    }
}
