//! A filing: what a party hands in, and what an answer signs for. Pure.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

use crate::accounts::Account;

/// Files of one filing.
pub(super) const MOST_DOCUMENTS: usize = 5;
/// Bytes of one of them.
pub(super) const LARGEST_DOCUMENT: usize = 2 << 20;

/// Somebody's filing, from the draft to the receipt.
pub(super) struct Filing {
    pub(super) number: String,
    /// Who hands it in: the party, or an attorney for them.
    pub(super) by: &'static Account,
    pub(super) party: &'static Account,
    pub(super) against: &'static Account,
    pub(super) matter: Matter,
    pub(super) documents: Vec<Document>,
    pub(super) state: State,
}

/// What it is.
pub(super) enum Matter {
    /// A claim, in cents.
    Claim(u32),
    /// The other party's response to the claim of this number.
    Response(String),
}

/// A file as it was handed in.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) hash: [u8; 32],
}

/// How far it has come. A later state has the answers of the earlier ones.
pub(super) enum State {
    Draft,
    /// Signed for by whoever hands it in; the fee is due.
    Signed {
        answer: String,
    },
    /// On record.
    Filed {
        /// Seconds since 1970.
        at: u64,
        answer: String,
        /// The answer that the fee was paid with, where one was due.
        paid: Option<String>,
    },
}

impl Document {
    pub(super) fn new(name: String, bytes: Vec<u8>) -> Self {
        Self {
            hash: Sha256::digest(&bytes).into(),
            name,
            bytes,
        }
    }

    /// SHA-256 as people compare it.
    pub(super) fn hash_in_words(&self) -> String {
        self.hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Filing {
    /// What the answer signs for: this filing with these documents, by this person for that party. SHA-256 over the parts, each
    /// behind its length, so that no two filings have one text.
    pub(super) fn bind(&self) -> String {
        let mut parts = vec![
            b"riverbend-court filing 1".to_vec(),
            self.number.clone().into_bytes(),
            self.by.id.into(),
            self.party.id.into(),
            self.against.id.into(),
        ];
        parts.extend(match &self.matter {
            Matter::Claim(cents) => [b"claim".to_vec(), cents.to_be_bytes().to_vec()],
            Matter::Response(to) => [b"response".to_vec(), to.clone().into_bytes()],
        });
        for document in &self.documents {
            parts.push(document.name.clone().into_bytes());
            parts.push(document.hash.to_vec());
        }
        digest(&parts)
    }

    /// What the payment's answer signs for: this fee for that very filing.
    pub(super) fn fee_bind(&self) -> String {
        digest(&[
            b"riverbend-court fee 1".to_vec(),
            self.bind().into_bytes(),
            self.fee().to_be_bytes().to_vec(),
        ])
    }

    /// In cents: three per cent of a claim, at least 25; a response is free.
    pub(super) fn fee(&self) -> u32 {
        match self.matter {
            Matter::Claim(cents) => (cents / 100 * 3).max(2_500),
            Matter::Response(_) => 0,
        }
    }

    /// Whether it is this person's to work on.
    pub(super) fn is_of(&self, who: &Account) -> bool {
        who.id == self.by.id
    }

    /// Whether this person may read it: who handed it in, the party, and from the moment that it is on record the other one.
    pub(super) fn is_shown_to(&self, who: &Account) -> bool {
        let is_filed = matches!(self.state, State::Filed { .. });
        self.is_of(who) || who.id == self.party.id || (is_filed && who.id == self.against.id)
    }

    /// What it is about, for people.
    pub(super) fn title(&self) -> String {
        match &self.matter {
            Matter::Claim(cents) => format!("Claim for {}", money(*cents)),
            Matter::Response(to) => format!("Response to {to}"),
        }
    }
}

/// What a mandate's answer signs for: that this attorney may act for this party.
pub(super) fn mandate_bind(party: &Account, attorney: &Account) -> String {
    digest(&[
        b"riverbend-court mandate 1".to_vec(),
        party.id.into(),
        attorney.id.into(),
    ])
}

/// `1234.50`.
pub(super) fn money(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Reads an amount above nothing and up to 5,000: digits, with or without cents behind a point or comma.
pub(super) fn cents(text: &str) -> Option<u32> {
    let (whole, part) = text
        .trim()
        .split_once(['.', ','])
        .unwrap_or((text.trim(), "00"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || whole.len() > 4 || part.len() != 2 {
        return None;
    }
    let cents = whole.parse::<u32>().ok()? * 100 + part.parse::<u32>().ok()?;
    (1..=500_000).contains(&cents).then_some(cents)
}

fn digest(parts: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Base64UrlUnpadded::encode_string(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::ACCOUNTS;

    fn claim(documents: &[(&str, &str)]) -> Filing {
        let [alex, bo, _] = ACCOUNTS;
        Filing {
            number: "RDC-0001-0002".into(),
            by: alex,
            party: alex,
            against: bo,
            matter: Matter::Claim(25_000),
            documents: documents
                .iter()
                .map(|(name, text)| Document::new((*name).into(), text.as_bytes().to_vec()))
                .collect(),
            state: State::Draft,
        }
    }

    #[test]
    fn an_answer_signs_for_these_documents_and_no_others() {
        let bind = |documents: &[(&str, &str)]| claim(documents).bind();
        let one = bind(&[("a.pdf", "x"), ("b.pdf", "y")]);
        assert_eq!(one.len(), 43);
        assert_eq!(one, bind(&[("a.pdf", "x"), ("b.pdf", "y")]));
        for other in [
            bind(&[("a.pdf", "x"), ("b.pdf", "z")]),
            bind(&[("b.pdf", "y"), ("a.pdf", "x")]),
            bind(&[("a.pdf", "x")]),
            bind(&[("a.pdfb.pdf", "x"), ("", "y")]),
        ] {
            assert_ne!(one, other);
        }
        let [_, bo, charlie] = ACCOUNTS;
        let changed: [fn(&mut Filing, &'static Account); 4] = [
            |filing, who| filing.by = who,
            |filing, who| filing.party = who,
            |filing, _| filing.matter = Matter::Claim(25_001),
            |filing, _| filing.number = "RDC-0001-0003".into(),
        ];
        for change in changed {
            let mut filing = claim(&[("a.pdf", "x"), ("b.pdf", "y")]);
            change(&mut filing, charlie);
            assert_ne!(one, filing.bind());
            assert_ne!(claim(&[]).fee_bind(), filing.fee_bind());
        }
        assert_ne!(mandate_bind(bo, charlie), mandate_bind(charlie, bo));
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        assert_eq!(cents("250"), Some(25_000));
        assert_eq!(cents(" 250,50 "), Some(25_050));
        assert_eq!(cents("5000.00"), Some(500_000));
        for text in [
            "", "0", "0.00", "5000.01", "-1", "1.5", "1.234", ".50", "1e3", "٣", "12345",
        ] {
            assert_eq!(cents(text), None, "{text}");
        }
        assert_eq!(money(cents("7.05").unwrap()), "7.05");
        assert_eq!(claim(&[]).fee(), 2_500);
    }

    #[test]
    fn a_draft_is_shown_to_its_own_side_alone() {
        let [alex, bo, charlie] = ACCOUNTS;
        let mut filing = claim(&[]);
        assert!(filing.is_shown_to(alex) && !filing.is_shown_to(bo));
        filing.state = State::Filed {
            at: 0,
            answer: String::new(),
            paid: None,
        };
        assert!(filing.is_shown_to(bo) && !filing.is_shown_to(charlie) && !filing.is_of(bo));
    }
}
