//! The kiosk at the reception (docs/kiosk.md): a party gives its booking and how many they are, each confirms, one after another, and
//! the last gets the door code.
//!
//! The hotel must know that they are as many people as they say, and not who: a kiosk's answers name nobody but within a group, the
//! one that `bind` says, for a day. These names are compared and dropped with the group.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;

use crate::check::{Asked, Confirmed, Refusal, confirm};
use crate::page;
use crate::site::Site;
use crate::visitors::random_text;

const START: &str = "/kiosk";
const GUEST: &str = "/kiosk/guest";
/// Beds in the largest room.
const MOST_GUESTS: usize = 4;
/// Names in a group are those of a day, in UTC.
const DAY: u64 = 24 * 3600;

struct Desk {
    site: Arc<Site>,
    parties: Mutex<HashMap<String, Party>>,
}

/// Who checks in together: kept from the booking number to the door code.
struct Party {
    booking: String,
    guests: usize,
    /// The `bind` of all its answers: random, so that no two parties have anything in common.
    group: String,
    /// The day of its first answer, and what the answers call those who have confirmed.
    day: Option<u64>,
    confirmed: Vec<String>,
}

/// What comes of a guest's answer.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Next,
    Complete,
    /// Confirmed before, as another guest of the party.
    Twice,
    /// Another day has begun, and with it other names: nobody can tell any more who is who.
    AnotherDay,
    /// An answer without a name: the site is not registered as what it is.
    Nameless,
}

/// The pages of the kiosk, beside those of the online check-in.
pub(crate) fn routes(site: Arc<Site>) -> Router {
    let parties = Mutex::default();
    Router::new()
        .route(START, get(start).post(begin))
        .route(GUEST, get(guest).post(answered))
        .route("/kiosk.js", get(page::kiosk_script))
        .with_state(Arc::new(Desk { site, parties }))
}

/// Whoever was here before is over.
async fn start(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let visitors = &desk.site.visitors;
    if let Some(visit) = visitors.current(&headers) {
        desk.parties().remove(&visit);
        visitors.end(&visit);
    }
    let Ok((_, cookie)) = visitors.begin(None) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body = include_str!("../../pages/hotel-kiosk.html");
    let page = page::page(&desk.site, "Check in here", None, body, &[]);
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

#[derive(Deserialize)]
struct Booking {
    booking: String,
    guests: usize,
}

async fn begin(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Form(form): Form<Booking>,
) -> Response {
    let Some(visit) = desk.site.visitors.current(&headers) else {
        return Redirect::to(START).into_response();
    };
    let is_booking = (4..=12).contains(&form.booking.len())
        && form.booking.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_booking || !(1..=MOST_GUESTS).contains(&form.guests) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let Ok(group) = random_text() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let party = Party {
        booking: form.booking,
        guests: form.guests,
        group,
        day: None,
        confirmed: vec![],
    };
    desk.parties().insert(visit, party);
    Redirect::to(GUEST).into_response()
}

async fn guest(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let Some((visit, group)) = desk.group_of(&headers) else {
        return Redirect::to(START).into_response();
    };
    let Ok(nonce) = desk.site.visitors.issue_nonce(&visit) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let (number, guests, confirmed) = desk.count(&visit);
    let [number, guests, confirmed] = [number, guests, confirmed].map(|n| n.to_string());
    let values = [
        ("rp_nonce", nonce.as_str()),
        ("bind", &group),
        ("number", &number),
        ("guests", &guests),
        ("confirmed", &confirmed),
    ];
    let body = include_str!("../../pages/hotel-kiosk-guest.html");
    page::page_with_script(
        &desk.site,
        &format!("Guest {number} of {guests}"),
        body,
        &values,
    )
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "nod-response")]
    token: Option<String>,
}

async fn answered(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Form(form): Form<Answer>,
) -> Response {
    let Some((visit, group)) = desk.group_of(&headers) else {
        return Redirect::to(START).into_response();
    };
    let asked = Asked {
        action: desk.site.action,
        bind: Some(&group),
    };
    let confirmed = match confirm(&desk.site, &visit, form.token, &asked, None).await {
        Ok(confirmed) => confirmed,
        Err(Refusal::Away) => return again(&desk, "The identity check cannot be asked", AWAY),
        Err(Refusal::NotConfirmed) => return again(&desk, "Not confirmed", NOT_CONFIRMED),
        Err(Refusal::Missing | Refusal::Stale) => return again(&desk, "Once more, please", STALE),
    };
    match desk.count_in(&visit, confirmed) {
        Outcome::Next => Redirect::to(GUEST).into_response(),
        Outcome::Complete => welcome(&desk, &visit),
        Outcome::Twice => again(&desk, "The next guest, please", TWICE),
        Outcome::AnotherDay => {
            desk.parties().remove(&visit);
            again(&desk, "A new day has begun", ANOTHER_DAY)
        }
        Outcome::Nameless => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

const AWAY: &str = "The identity authority does not answer right now. Please try again in a moment, or ask at the desk.";
const NOT_CONFIRMED: &str =
    "The identity check did not confirm who you are. You can try again, or ask at the desk.";
const STALE: &str = "Each check counts once, for a few minutes. Please do it again.";
const TWICE: &str = "You have confirmed already. Each guest of the party confirms for themselves.";
const ANOTHER_DAY: &str = "Who has confirmed before midnight (UTC) cannot be told from who confirms after it. Please begin anew.";

/// What went wrong, and back to the guest whose turn it is; where there is no party any more, that leads to the start.
fn again(desk: &Desk, title: &str, text: &str) -> Response {
    let body = include_str!("../../pages/hotel-kiosk-again.html");
    let values = [("heading", title), ("text", text)];
    let page = page::page(&desk.site, title, None, body, &values);
    (
        StatusCode::CONFLICT,
        [(header::REFRESH, "30; url=/kiosk/guest")],
        page,
    )
        .into_response()
}

/// The door code. From here on the hotel knows that so many people have come, and nothing of any of them.
fn welcome(desk: &Desk, visit: &str) -> Response {
    let party = desk.parties().remove(visit);
    desk.site.visitors.end(visit);
    let (Some(party), Ok(number)) = (party, page::number("KEY")) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let guests = party.guests.to_string();
    let values = [
        ("number", number.as_str()),
        ("booking", &party.booking),
        ("guests", &guests),
    ];
    let body = include_str!("../../pages/hotel-kiosk-welcome.html");
    let page = page::page(&desk.site, "Welcome", None, body, &values);
    ([(header::REFRESH, "30; url=/kiosk")], page).into_response()
}

impl Desk {
    /// The visit of a party that is under way, and its group.
    fn group_of(&self, headers: &HeaderMap) -> Option<(String, String)> {
        let visit = self.site.visitors.current(headers)?;
        let group = self.parties().get(&visit)?.group.clone();
        Some((visit, group))
    }

    /// Whose turn it is, how many they are, and how many have confirmed.
    fn count(&self, visit: &str) -> (usize, usize, usize) {
        self.parties().get(visit).map_or((1, 1, 0), |party| {
            let confirmed = party.confirmed.len();
            (confirmed + 1, party.guests, confirmed)
        })
    }

    fn count_in(&self, visit: &str, confirmed: Confirmed) -> Outcome {
        match self.parties().get_mut(visit) {
            Some(party) => party.count_in(confirmed.sub, confirmed.at),
            None => Outcome::AnotherDay,
        }
    }

    fn parties(&self) -> MutexGuard<'_, HashMap<String, Party>> {
        // Every change under this lock is one call: a panic elsewhere leaves nothing half-done.
        self.parties.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Party {
    fn count_in(&mut self, name: Option<String>, at: Option<u64>) -> Outcome {
        let (Some(name), Some(at)) = (name, at) else {
            return Outcome::Nameless;
        };
        if *self.day.get_or_insert(at / DAY) != at / DAY {
            return Outcome::AnotherDay;
        }
        if self.confirmed.contains(&name) {
            return Outcome::Twice;
        }
        self.confirmed.push(name);
        if self.confirmed.len() < self.guests {
            Outcome::Next
        } else {
            Outcome::Complete
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, Outcome, Party};

    fn party(guests: usize) -> Party {
        Party {
            booking: "AB12".to_owned(),
            guests,
            group: "g".to_owned(),
            day: None,
            confirmed: vec![],
        }
    }

    #[test]
    fn a_party_is_complete_when_as_many_people_have_confirmed() {
        let mut party = party(2);
        let mut came = |name: &str, at| party.count_in(Some(name.to_owned()), Some(at));
        assert_eq!(came("a", 7), Outcome::Next);
        assert_eq!(came("a", 8), Outcome::Twice);
        assert_eq!(came("b", DAY), Outcome::AnotherDay);
        assert_eq!(came("b", 9), Outcome::Complete);
    }

    #[test]
    fn an_answer_without_a_name_counts_for_nobody() {
        assert_eq!(party(1).count_in(None, Some(7)), Outcome::Nameless);
        assert_eq!(
            party(1).count_in(Some("a".to_owned()), None),
            Outcome::Nameless
        );
        assert_eq!(
            party(1).count_in(Some("a".to_owned()), Some(7)),
            Outcome::Complete
        );
    }
}
