//! Questions beyond identity: the one table of what can be asked. An authority answers each with yes or no from its own
//! records (`authority/src/questions.rs`); the frame has the words of each (`question-…` in `www/frame/strings/`), and
//! docs/questions.md says what each means.

/// What insurance is for, and the housing fund.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Category {
    /// Old age.
    Pension,
    /// Illness.
    Medical,
    /// Loss of work.
    Unemployment,
    /// Birth of a child.
    Maternity,
    /// Accidents at work.
    WorkInjury,
    /// Savings for housing.
    HousingFund,
}

/// What a question asks of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Predicate {
    /// At least so many years old: at or over, as `age_over_NN` of ISO/IEC 18013-5 (§7.2.5) has it.
    AgeOver(u8),
    /// Insured now.
    BenefitActive(Category),
    /// Nothing that was due is missing.
    ContributionsCurrent(Category),
}

/// Every question that can be asked, in the order of the documents.
pub const PREDICATES: [(&str, Predicate); 16] = {
    use Category::{HousingFund, Maternity, Medical, Pension, Unemployment, WorkInjury};
    use Predicate::{AgeOver, BenefitActive, ContributionsCurrent};
    [
        ("age_over_14", AgeOver(14)),
        ("age_over_16", AgeOver(16)),
        ("age_over_18", AgeOver(18)),
        ("age_over_60", AgeOver(60)),
        ("benefit_active:pension", BenefitActive(Pension)),
        ("benefit_active:medical", BenefitActive(Medical)),
        ("benefit_active:unemployment", BenefitActive(Unemployment)),
        ("benefit_active:maternity", BenefitActive(Maternity)),
        ("benefit_active:work_injury", BenefitActive(WorkInjury)),
        ("benefit_active:housing_fund", BenefitActive(HousingFund)),
        (
            "contributions_current:pension",
            ContributionsCurrent(Pension),
        ),
        (
            "contributions_current:medical",
            ContributionsCurrent(Medical),
        ),
        (
            "contributions_current:unemployment",
            ContributionsCurrent(Unemployment),
        ),
        (
            "contributions_current:maternity",
            ContributionsCurrent(Maternity),
        ),
        (
            "contributions_current:work_injury",
            ContributionsCurrent(WorkInjury),
        ),
        (
            "contributions_current:housing_fund",
            ContributionsCurrent(HousingFund),
        ),
    ]
};

impl Predicate {
    /// What a question of this name asks; `None` if there is none.
    pub fn of(name: &str) -> Option<Self> {
        let found = PREDICATES.iter().find(|(known, _)| *known == name);
        found.map(|(_, predicate)| *predicate)
    }
}
