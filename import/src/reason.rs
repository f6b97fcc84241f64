//! Why a photograph was refused.

use nod_protocol::codes::Code;

/// A reason; its name is what report and journal hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The file that the CSV names is not there.
    Missing,
    /// Not a JPEG or PNG, or a damaged one.
    Unreadable,
    /// More pixels than the pipeline takes.
    TooLarge,
    /// A face is there, but no template came out of it.
    NoTemplate,
    /// The hint that a person in front of the camera would be given.
    Hint(Code),
    /// The authority's judge did not take the template.
    Judged,
}

const OWN: [(Reason, &str, &str); 5] = [
    (
        Reason::Missing,
        "photograph.missing",
        "The file is not in the directory of the photographs; add it, or mend its name in the CSV",
    ),
    (
        Reason::Unreadable,
        "photograph.unreadable",
        "The file is not a JPEG or PNG picture, or it is damaged; save it again",
    ),
    (
        Reason::TooLarge,
        "photograph.too_large",
        "The picture has a side of more than 8192 pixels; make it smaller",
    ),
    (
        Reason::NoTemplate,
        "photograph.no_template",
        "No template could be made of the face; take another picture",
    ),
    (
        Reason::Judged,
        "enrol.quality",
        "The authority did not accept the template; see its log",
    ),
];

impl Reason {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hint(code) => code.as_str(),
            own => entry(own).map_or("", |(_, name, _)| name),
        }
    }

    /// What is wrong, and for the import's own reasons what to do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Hint(code) => code.title(),
            own => entry(own).map_or("", |(_, _, advice)| advice),
        }
    }

    /// The reason with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        OWN.iter()
            .find(|(_, own, _)| *own == name)
            .map(|(reason, _, _)| *reason)
            .or_else(|| {
                Code::from_name(name)
                    .filter(|code| code.is_private())
                    .map(Self::Hint)
            })
    }
}

fn entry(reason: Reason) -> Option<&'static (Reason, &'static str, &'static str)> {
    OWN.iter().find(|(own, _, _)| *own == reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_and_every_reason_has_words() {
        let hints = Code::ALL.iter().filter(|code| code.is_private());
        let all = OWN
            .iter()
            .map(|(reason, _, _)| *reason)
            .chain(hints.map(|code| Reason::Hint(*code)));
        for reason in all {
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
            assert!(!reason.advice().is_empty());
        }
        assert_eq!(Reason::from_name("net.offline"), None);
    }
}
