//! What an audit log has entries about.

use nod_protocol::ids::{KeyId, Level, SiteKey};

use crate::terminal::OperatorId;

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The authority began to serve.
    Started,
    /// It stopped in order.
    Stopped,
    /// A site was registered.
    SiteAdded(SiteKey),
    /// Somebody may enrol.
    TicketIssued(Level),
    /// Somebody enrolled.
    Enrolled(Level),
    /// A site was answered about somebody. Whether with yes or no is in no log, nor about whom.
    Answered(SiteKey),
    /// Somebody's records were erased.
    Erased,
    /// An operator lifted the limit on somebody's attempts.
    Unlocked,
    /// A key took the place of another.
    KeyRotated(KeyId),
    /// A key was ended.
    KeyRetired(KeyId),
    /// Somebody let nobody be confirmed in their name for a while.
    Frozen,
    /// They lifted that.
    Unfrozen,
    /// An operator lifted it for them.
    UnfrozenByOperator,
    /// Somebody ended their credential: it takes a ticket to enrol again.
    Revoked,
    /// Somebody was given all that is held about them.
    Exported,
    /// Somebody opened their card.
    CardOpened,
    /// Somebody's remembered devices were forgotten, by themselves or by an operator.
    DevicesForgotten,
    /// Somebody may import reference photographs.
    ImportKeyIssued,
    /// That was taken back.
    ImportKeyRevoked,
    /// An operator gave a site's back end another secret.
    SiteSecretRotated(SiteKey),
    /// An operator gave a site another limit of sessions.
    SiteLimited(SiteKey),
    /// A site's registration was taken back.
    SiteRemoved(SiteKey),
    /// An operator gave somebody's record, or another in its place.
    AttributesSet,
    /// An operator said which questions a site may ask.
    SiteQuestionsSet(SiteKey),
    /// Somebody bound a device key.
    KeyAdded,
    /// A device key of somebody was removed, by themselves or by an operator.
    KeyRemoved,
    /// Somebody may work at terminals.
    OperatorAdded(OperatorId),
    /// That was taken back.
    OperatorRevoked(OperatorId),
    /// They signed in at one.
    OperatorSignedIn(OperatorId),
    /// They confirmed an enrolment, with the document before them.
    EnrolmentIssued(OperatorId),
    /// They refused one, or let it go.
    EnrolmentRefused(OperatorId),
    /// They confirmed one of a face that is not the imported photograph's.
    PortraitOverruled(OperatorId),
    /// They ended somebody's credential for them.
    RevokedByOperator(OperatorId),
    /// An operator looked for somebody's face among all.
    DuplicatesSearched,
}

impl Event {
    /// Its name in lists.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::SiteAdded(_) => "site_added",
            Self::TicketIssued(_) => "ticket_issued",
            Self::Enrolled(_) => "enrolled",
            Self::Answered(_) => "answered",
            Self::Erased => "erased",
            Self::Unlocked => "unlocked",
            Self::KeyRotated(_) => "key_rotated",
            Self::KeyRetired(_) => "key_retired",
            Self::Frozen => "frozen",
            Self::Unfrozen => "unfrozen",
            Self::UnfrozenByOperator => "unfrozen_by_operator",
            Self::Revoked => "revoked",
            Self::Exported => "exported",
            Self::CardOpened => "card_opened",
            Self::DevicesForgotten => "devices_forgotten",
            Self::ImportKeyIssued => "import_key_issued",
            Self::ImportKeyRevoked => "import_key_revoked",
            Self::SiteSecretRotated(_) => "site_secret_rotated",
            Self::SiteLimited(_) => "site_limited",
            Self::SiteRemoved(_) => "site_removed",
            Self::AttributesSet => "attributes_set",
            Self::SiteQuestionsSet(_) => "site_questions_set",
            Self::KeyAdded => "key_added",
            Self::KeyRemoved => "key_removed",
            Self::OperatorAdded(_) => "operator_added",
            Self::OperatorRevoked(_) => "operator_revoked",
            Self::OperatorSignedIn(_) => "operator_signed_in",
            Self::EnrolmentIssued(_) => "enrolment_issued",
            Self::EnrolmentRefused(_) => "enrolment_refused",
            Self::PortraitOverruled(_) => "portrait_overruled",
            Self::RevokedByOperator(_) => "revoked_by_operator",
            Self::DuplicatesSearched => "duplicates_searched",
        }
    }

    /// The site, key, level or operator that it names; empty if none.
    pub fn detail(&self) -> &str {
        self.parts().1
    }

    /// Numbers are for good: a new event gets a new one.
    pub(super) fn parts(&self) -> (u8, &str) {
        match self {
            Self::Started => (1, ""),
            Self::Stopped => (2, ""),
            Self::SiteAdded(site) => (3, site.as_str()),
            Self::TicketIssued(level) => (4, level.as_str()),
            Self::Enrolled(level) => (5, level.as_str()),
            Self::Answered(site) => (6, site.as_str()),
            Self::Erased => (7, ""),
            Self::Unlocked => (8, ""),
            Self::KeyRotated(kid) => (9, kid.as_str()),
            Self::KeyRetired(kid) => (10, kid.as_str()),
            Self::Frozen => (11, ""),
            Self::Unfrozen => (12, ""),
            Self::Revoked => (13, ""),
            Self::Exported => (14, ""),
            Self::CardOpened => (15, ""),
            Self::DevicesForgotten => (16, ""),
            Self::ImportKeyIssued => (17, ""),
            Self::ImportKeyRevoked => (18, ""),
            Self::SiteSecretRotated(site) => (19, site.as_str()),
            Self::SiteLimited(site) => (20, site.as_str()),
            Self::SiteRemoved(site) => (21, site.as_str()),
            Self::UnfrozenByOperator => (22, ""),
            Self::AttributesSet => (23, ""),
            Self::SiteQuestionsSet(site) => (24, site.as_str()),
            Self::KeyAdded => (25, ""),
            Self::KeyRemoved => (26, ""),
            Self::OperatorAdded(operator) => (27, operator.as_str()),
            Self::OperatorRevoked(operator) => (28, operator.as_str()),
            Self::OperatorSignedIn(operator) => (29, operator.as_str()),
            Self::EnrolmentIssued(operator) => (30, operator.as_str()),
            Self::EnrolmentRefused(operator) => (31, operator.as_str()),
            Self::PortraitOverruled(operator) => (32, operator.as_str()),
            Self::RevokedByOperator(operator) => (33, operator.as_str()),
            Self::DuplicatesSearched => (34, ""),
        }
    }

    /// The event with this number and text; `None` if there is none.
    pub(super) fn of(number: u8, text: &str) -> Option<Self> {
        let site = || SiteKey::parse(text).ok();
        let key = || KeyId::parse(text).ok();
        let operator = || OperatorId::parse(text);
        let bare = |event| text.is_empty().then_some(event);
        match number {
            1 => bare(Self::Started),
            2 => bare(Self::Stopped),
            3 => site().map(Self::SiteAdded),
            4 => Level::from_name(text).map(Self::TicketIssued),
            5 => Level::from_name(text).map(Self::Enrolled),
            6 => site().map(Self::Answered),
            7 => bare(Self::Erased),
            8 => bare(Self::Unlocked),
            9 => key().map(Self::KeyRotated),
            10 => key().map(Self::KeyRetired),
            11 => bare(Self::Frozen),
            12 => bare(Self::Unfrozen),
            13 => bare(Self::Revoked),
            14 => bare(Self::Exported),
            15 => bare(Self::CardOpened),
            16 => bare(Self::DevicesForgotten),
            17 => bare(Self::ImportKeyIssued),
            18 => bare(Self::ImportKeyRevoked),
            19 => site().map(Self::SiteSecretRotated),
            20 => site().map(Self::SiteLimited),
            21 => site().map(Self::SiteRemoved),
            22 => bare(Self::UnfrozenByOperator),
            23 => bare(Self::AttributesSet),
            24 => site().map(Self::SiteQuestionsSet),
            25 => bare(Self::KeyAdded),
            26 => bare(Self::KeyRemoved),
            27 => operator().map(Self::OperatorAdded),
            28 => operator().map(Self::OperatorRevoked),
            29 => operator().map(Self::OperatorSignedIn),
            30 => operator().map(Self::EnrolmentIssued),
            31 => operator().map(Self::EnrolmentRefused),
            32 => operator().map(Self::PortraitOverruled),
            33 => operator().map(Self::RevokedByOperator),
            34 => bare(Self::DuplicatesSearched),
            _ => None,
        }
    }
}
