//! Names and words of terminals, as they stand in the database and in the audit log.

use nod_protocol::random::{self, RandomnessUnavailable};

use crate::token::text_of;

macro_rules! random_name {
    ($(#[$doc:meta])* $type:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $type(String);

        impl $type {
            /// A new one: 72 random bits.
            pub fn random() -> Result<Self, RandomnessUnavailable> {
                Ok(Self(format!("{}{}", $prefix, text_of(&random::bytes::<9>()?))))
            }

            /// Reads one.
            pub fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix($prefix)?;
                let is_name = rest.len() == 12
                    && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
                is_name.then(|| Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

random_name!(
    /// Which operator.
    OperatorId, "o"
);
random_name!(
    /// Which enrolment at a terminal. No secret: without being signed in it opens nothing.
    EnrolmentId, "e"
);

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $type {
            $($(#[$of])* $variant,)+
        }

        impl $type {
            /// The word in the database, equal to the JSON form.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value with this word.
            pub fn from_name(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// What an imported photograph says of a capture.
    Portrait {
        /// There is none.
        None = "none",
        /// It shows this face.
        Same = "same",
        /// It shows another.
        Differs = "differs",
    }
}
words! {
    /// What an operator decided.
    Outcome {
        /// Enrolled.
        Issued = "issued",
        /// Not.
        Refused = "refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_were_made_and_nothing_else_is() {
        let made = OperatorId::random().unwrap();
        assert_eq!(OperatorId::parse(made.as_str()), Some(made.clone()));
        assert_eq!(EnrolmentId::parse(made.as_str()), None);
        for wrong in ["", "o", "oAAAAAAAAAAA", "oAAAAAAAAAAAAA", "oAAAAAAAAAAA'"] {
            assert_eq!(OperatorId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn words_are_equal_to_their_json() {
        for portrait in [Portrait::None, Portrait::Same, Portrait::Differs] {
            assert_eq!(Portrait::from_name(portrait.as_str()), Some(portrait));
            let json = serde_json::to_value(portrait).unwrap();
            assert_eq!(json, portrait.as_str());
        }
        for outcome in [Outcome::Issued, Outcome::Refused] {
            assert_eq!(Outcome::from_name(outcome.as_str()), Some(outcome));
        }
    }
}
