//! What lies on the disk: neither a face nor its statistics in the clear, and nothing of the erased.

use std::collections::HashSet;

use nod_authority::store::{Erasure, Traces};
use nod_protocol::ids::ClaimedId;
use serde_json::json;

use super::{command, draw, ready, refresh, sweep, town, town_with_ann, without_times};
use crate::{
    harness::{Harness, is_postgres},
    secrecy::database_bytes,
};

#[tokio::test]
async fn neither_statistics_nor_embeddings_lie_in_the_clear() {
    let h = town_with_ann().await;
    draw(&h);
    refresh(&h).await;
    sweep(&h).await;

    let mut secrets: HashSet<Vec<u8>> = HashSet::new();
    for number in 0..500 {
        let id = ClaimedId::parse(&town::id(number)).unwrap();
        let resident = h.authority.store.resident(&id).await.unwrap();
        let statistics = resident.templates[0].statistics.as_ref().unwrap();
        assert_eq!(statistics.stamp, "v1 n501 k100");
        secrets.insert(statistics.values.to_bytes().to_vec());
        // Two consecutive numbers of the embedding: as long as the statistics.
        let embedding = town::template(number).to_bytes();
        secrets.extend(embedding.chunks_exact(8).map(<[u8]>::to_vec));
    }
    let raw = database_bytes(&h);
    // The scan can find things: the stamp is in the file in the clear, and on purpose.
    let has = |text: &[u8]| raw.windows(text.len()).any(|part| part == text);
    assert!(has(b"v1 n501 k100"));
    assert!(!raw.windows(8).any(|part| secrets.contains(part)));
}

#[tokio::test]
async fn of_an_erased_resident_not_even_the_ciphertext_stays() {
    let h = town_with_ann().await;
    draw(&h);
    let cells = cells(&h, "town42").await;
    assert_eq!(cells.len(), 4);
    // In parts: a long value may go on in another page.
    let found = |raw: &[u8], cell: &[u8]| {
        let has = |part: &&[u8]| raw.windows(part.len()).any(|there| there == *part);
        cell.chunks_exact(16).filter(has).count()
    };
    let before = database_bytes(&h);
    assert!(cells.iter().all(|cell| found(&before, cell) > 0));

    let id = ClaimedId::parse(&town::id(42)).unwrap();
    let erased = h
        .authority
        .store
        .erase(&id, h.authority.now())
        .await
        .unwrap();
    assert!(self::cells(&h, "town42").await.is_empty());
    // It has no way to overwrite deleted rows at once.
    if is_postgres() {
        assert_eq!(erased, Erasure::Erased(Traces::UntilReused));
        return;
    }
    assert_eq!(erased, Erasure::Erased(Traces::None));
    let after = database_bytes(&h);
    assert!(cells.iter().all(|cell| found(&after, cell) == 0));
}

#[tokio::test]
async fn a_damaged_template_is_left_out_and_stops_nobody() {
    let h = town_with_ann().await;
    let mut database = h.past_the_store().await;
    let update = format!(
        "UPDATE templates SET embedding = {} WHERE resident_id =
             (SELECT id FROM residents WHERE ticket_id = 'town42')",
        database.blob(&[1, 2])
    );
    assert_eq!(database.execute(&update).await, 1);

    let drawn = command(&h, &["cohort", "draw", "--json"]);
    let words = String::from_utf8_lossy(&drawn.stderr).into_owned();
    assert!(
        words.contains("1 of 501 templates of open-1 cannot be read"),
        "{words}"
    );
    assert_eq!(without_times(&drawn), json!([super::drawn(1, 500)]));
    refresh(&h).await;
    sweep(&h).await;
    assert_eq!(ready(&h).await["statistics_stored"], true);
    assert_eq!(
        super::stamps(&h).await,
        [("v1 n500 k100".to_owned(), 501)],
        "everybody's and the decoy's, without the damaged one"
    );
}

/// What the database holds about whoever enrolled with a ticket: read past the store.
async fn cells(h: &Harness, ticket: &str) -> Vec<Vec<u8>> {
    let query = format!(
        "SELECT r.id, l.lookup, r.claimed_id, t.embedding FROM residents AS r
         JOIN resident_lookups AS l ON l.resident_id = r.id
         JOIN templates AS t ON t.resident_id = r.id WHERE r.ticket_id = '{ticket}'"
    );
    type Cells = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);
    let rows: Vec<Cells> = h.past_the_store().await.rows(&query).await;
    let cells = rows.into_iter().map(|(a, b, c, d)| [a, b, c, d]);
    cells.flatten().collect()
}
