//! What an authority knows of a resident besides the face: read as JSON from an operator, kept as CBOR of one length.

use std::{fmt, marker::PhantomData};

use minicbor::{Decoder, Encoder, data::Type};
use nod_protocol::{ids::ClaimedId, questions::Category};
use serde::{Deserialize, Deserializer, de};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::calendar::{Date, Month, Written};

/// Bytes of a stored record, filled up with zeros: neither its length nor the time to open it tells what is in it.
pub const RECORD: usize = 64;

/// The form of a stored record: its first number.
const VERSION: u8 = 1;

/// A resident's attributes. Nothing in it is required. Not printable.
#[derive(Default, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// When they were born.
    #[serde(default)]
    pub date_of_birth: Option<Date>,
    #[serde(default, deserialize_with = "object")]
    insurance: Insurance,
}

/// One entry for each category.
#[derive(Default, Deserialize, Zeroize)]
#[serde(default, deny_unknown_fields)]
struct Insurance {
    #[serde(deserialize_with = "object")]
    pension: Cover,
    #[serde(deserialize_with = "object")]
    medical: Cover,
    #[serde(deserialize_with = "object")]
    unemployment: Cover,
    #[serde(deserialize_with = "object")]
    maternity: Cover,
    #[serde(deserialize_with = "object")]
    work_injury: Cover,
    #[serde(deserialize_with = "object")]
    housing_fund: Cover,
}

/// What is known of one category.
#[derive(Default, Deserialize, Zeroize)]
#[serde(default, deny_unknown_fields)]
pub struct Cover {
    /// Whether they are insured now.
    pub active: Option<bool>,
    /// The latest month that contributions were paid for.
    pub paid_until: Option<Month>,
}

/// A record with whose it is: a line of an import.
pub struct Line {
    /// Whose.
    pub claimed_id: ClaimedId,
    /// What is known of them.
    pub attributes: Attributes,
}

/// [`Line`] as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadLine {
    #[serde(deserialize_with = "claimed_id")]
    id: ClaimedId,
    #[serde(deserialize_with = "object")]
    record: Attributes,
}

/// Why a text is no record. Says where and what was expected, and repeats nothing of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRecord(String);

/// In the order of a stored record, with their names.
pub(super) const CATEGORIES: [(&str, Category); 6] = [
    ("pension", Category::Pension),
    ("medical", Category::Medical),
    ("unemployment", Category::Unemployment),
    ("maternity", Category::Maternity),
    ("work_injury", Category::WorkInjury),
    ("housing_fund", Category::HousingFund),
];

impl Attributes {
    /// Reads an operator's JSON (docs/questions.md); nobody is born after `today`.
    pub fn parse(json: &str, today: &Date) -> Result<Self, BadRecord> {
        read_whole::<Self>(json)?.born_by(today)
    }

    fn born_by(self, today: &Date) -> Result<Self, BadRecord> {
        match &self.date_of_birth {
            Some(born) if born > today => Err(BadRecord("date_of_birth is still to come".into())),
            _ => Ok(self),
        }
    }

    /// What is known of a category.
    pub fn cover(&self, category: Category) -> &Cover {
        match category {
            Category::Pension => &self.insurance.pension,
            Category::Medical => &self.insurance.medical,
            Category::Unemployment => &self.insurance.unemployment,
            Category::Maternity => &self.insurance.maternity,
            Category::WorkInjury => &self.insurance.work_injury,
            Category::HousingFund => &self.insurance.housing_fund,
        }
    }

    /// What is known of each category, by its name.
    pub fn covers(&self) -> impl Iterator<Item = (&'static str, &Cover)> {
        CATEGORIES
            .iter()
            .map(|(name, category)| (*name, self.cover(*category)))
    }

    /// As it is stored: `[1, day / null, active / null, month / null, …]` and zeros up to [`RECORD`].
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(RECORD));
        let mut e = Encoder::new(&mut *bytes);
        // A vector takes whatever is written.
        let _ = (|| {
            e.array(2 + 2 * CATEGORIES.len() as u64)?.u8(VERSION)?;
            optional(&mut e, self.date_of_birth.as_ref().map(Date::to_number))?;
            for (_, category) in CATEGORIES {
                let Cover { active, paid_until } = self.cover(category);
                match active {
                    Some(active) => e.bool(*active)?,
                    None => e.null()?,
                };
                optional(&mut e, paid_until.as_ref().map(Month::to_number))?;
            }
            Ok::<(), minicbor::encode::Error<core::convert::Infallible>>(())
        })();
        bytes.resize(RECORD, 0);
        bytes
    }

    /// What [`Attributes::to_bytes`] made; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut d = Decoder::new(bytes);
        let length = d.array().ok()??;
        if length != 2 + 2 * CATEGORIES.len() as u64 || d.u8().ok()? != VERSION {
            return None;
        }
        let mut read = Self {
            date_of_birth: nullable(&mut d, |d| Date::from_number(d.u32().ok()?))?,
            insurance: Insurance::default(),
        };
        let Insurance {
            pension,
            medical,
            unemployment,
            maternity,
            work_injury,
            housing_fund,
        } = &mut read.insurance;
        for cover in [
            pension,
            medical,
            unemployment,
            maternity,
            work_injury,
            housing_fund,
        ] {
            cover.active = nullable(&mut d, |d| d.bool().ok())?;
            cover.paid_until = nullable(&mut d, |d| Month::from_number(d.u32().ok()?))?;
        }
        let (_, rest) = bytes.split_at_checked(d.position())?;
        let is_whole = bytes.len() == RECORD && rest.iter().all(|byte| *byte == 0);
        is_whole.then_some(read)
    }
}

impl Line {
    /// Reads `{"id": …, "record": …}`.
    pub fn parse(json: &str, today: &Date) -> Result<Self, BadRecord> {
        let ReadLine { id, record } = read_whole(json)?;
        Ok(Self {
            claimed_id: id,
            attributes: record.born_by(today)?,
        })
    }
}

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn optional(e: &mut Encoder<&mut Vec<u8>>, number: Option<u32>) -> Encoded {
    match number {
        Some(number) => e.u32(number)?,
        None => e.null()?,
    };
    Ok(())
}

/// A value or null; `None` if it is neither.
fn nullable<'b, T>(
    d: &mut Decoder<'b>,
    value: impl FnOnce(&mut Decoder<'b>) -> Option<T>,
) -> Option<Option<T>> {
    if d.datatype().ok()? == Type::Null {
        d.null().ok()?;
        return Some(None);
    }
    value(d).map(Some)
}

fn read_whole<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, BadRecord> {
    let mut from = serde_json::Deserializer::from_str(json);
    let read = object(&mut from);
    let read = read.and_then(|read| from.end().map(|()| read));
    read.map_err(|error| BadRecord(without_values(&error)))
}

fn claimed_id<'de, D: Deserializer<'de>>(from: D) -> Result<ClaimedId, D::Error> {
    let parse = |text: &str| ClaimedId::parse(text).ok();
    from.deserialize_str(Written(parse, "an ID, a text of 4 to 64 letters or digits"))
}

/// A list of values in the order of the fields would be taken for an object too.
fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: de::MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
            T::deserialize(de::value::MapAccessDeserializer::new(map))
        }
    }
    from.deserialize_map(Object(PhantomData))
}

/// Errors of a value begin with it, and end with what was expected in its place and where.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() {
        return format!("not JSON: {text}");
    }
    match text.find("expected ") {
        Some(at) => text.get(at..).unwrap_or_default().to_owned(),
        None => text,
    }
}
