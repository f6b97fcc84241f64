//! Renewal of templates: off by default, and then in small steps, seldom, and never in the cohort.

use nod_authority::{renew::WAIT, store::ResidentId};
use nod_protocol::ids::{Level, ModelSetId};

use super::{
    ANNS_FACE, MALLORYS_FACE, ann, draw, refresh, says_yes, sweep,
    town::{as_look_alike, settle, template},
};
use crate::{
    harness::{Harness, NOW},
    people::{ANN, DIMENSIONS},
};

/// A town with a cohort, and Ann, who came after it was drawn.
async fn town(settings: &str) -> Harness {
    let h = Harness::start_with(settings).await;
    settle(&h.authority.store, 0..500, NOW).await;
    draw(&h);
    let code = h.ticket(&ANN, Level::Full).await;
    let session = h.open_to_enrol(&code).await;
    h.submit(&session, &as_look_alike(&ANN, ANNS_FACE, 10))
        .await;
    refresh(&h).await;
    sweep(&h).await;
    h
}

async fn anns_values(h: &Harness) -> Vec<f32> {
    ann(h).await.templates[0].embedding.values().to_vec()
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn a_template_stays_as_it_was_enrolled_by_default() {
    let h = town("").await;
    let enrolled = anns_values(&h).await;
    h.wait(2 * WAIT);
    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true);
    assert_eq!(anns_values(&h).await, enrolled);
}

#[tokio::test]
async fn a_strong_match_moves_it_a_little_and_not_again_for_thirty_days() {
    let h = town("renew_templates = true\n").await;
    let enrolled = anns_values(&h).await;
    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true);
    assert_eq!(anns_values(&h).await, enrolled, "too early");

    h.wait(WAIT);
    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true);
    let moved = anns_values(&h).await;
    let shown = as_look_alike(&ANN, ANNS_FACE, 40);
    let vault = h.authority.store.vault();
    let set = ModelSetId::parse("open-1").unwrap();
    let shown = vault
        .protect(&set, DIMENSIONS, &shown.captures[0].fused)
        .unwrap();
    let shown = shown.values();
    assert!(cosine(&moved, shown) > cosine(&enrolled, shown));
    assert!(cosine(&moved, &enrolled) > 0.99);
    assert!(
        ann(&h).await.templates[0].statistics.is_none(),
        "those of the template before are void"
    );

    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true);
    assert_eq!(anns_values(&h).await, moved, "too early again");
    sweep(&h).await;
    h.wait(WAIT);
    let wrong = says_yes(&h, &ANN, MALLORYS_FACE).await;
    assert_eq!(wrong, false);
    assert_eq!(anns_values(&h).await, moved, "a no moves nothing");
}

#[tokio::test]
async fn members_of_the_cohort_and_nobody_are_not_renewed() {
    let h = town("renew_templates = true\n").await;
    let store = &h.authority.store;
    let vault = store.vault();
    let ann = ann(&h).await;
    let set = &ann.templates[0].model_set;
    let renew = async |id: ResidentId| {
        let renewed = vault.protect(set, DIMENSIONS, &template(3)).unwrap();
        store.renew_template(id, set, &renewed, NOW, NOW + 1).await
    };
    assert!(!renew(ResidentId([0; 16])).await.unwrap());
    assert!(renew(ann.id).await.unwrap(), "who is in no cohort");
    draw(&h);
    let after_the_draw = NOW + 1;
    let other = vault.protect(set, DIMENSIONS, &template(4)).unwrap();
    let again = store.renew_template(ann.id, set, &other, after_the_draw, NOW + 2);
    assert!(!again.await.unwrap(), "who is in one");
}
