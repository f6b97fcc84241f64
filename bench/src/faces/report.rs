//! The figures as a person reads them.

use std::fmt::Write;
use std::path::Path;

use super::figures::{Counted, CrossFitted, Figures, Fused, Measured, RATES, Rates};
use super::in_use::{InUse, Thresholds};
use super::list::List;

/// The report's first lines.
pub(super) fn heading(list: &List, file: &Path) -> String {
    format!(
        "{} pairs in {} fold(s) of {}, {} pictures\n",
        list.folds.iter().map(Vec::len).sum::<usize>(),
        list.folds.len(),
        file.file_name().unwrap_or_default().display(),
        list.pictures().len(),
    )
}

/// Everything about one set.
pub(super) fn of_set(set: &str, figures: &Figures) -> String {
    let mut text = String::new();
    // Writing to a String has no error to give.
    let _ = write_set(&mut text, set, figures);
    text
}

fn write_set(out: &mut String, set: &str, figures: &Figures) -> std::fmt::Result {
    let listed = &figures.listed;
    writeln!(out, "\nModel set {set}")?;
    writeln!(
        out,
        "  {} pictures of {} people; no face found in {}{}; {:.0} ms of one core each",
        figures.pictures,
        figures.people,
        figures.without_face.len(),
        names(&figures.without_face),
        figures.per_picture,
    )?;
    writeln!(
        out,
        "  listed pairs ({} genuine, {} impostor): accuracy {}{}, EER {}, TMR at FMR 1e-2 {}",
        listed.counts.0,
        listed.counts.1,
        percent(listed.accuracy.0),
        if listed.folds > 1 {
            format!(" ± {} (standard error)", percent(listed.accuracy.1))
        } else {
            " at the best threshold".to_owned()
        },
        percent(listed.equal_error_rate),
        percent(listed.true_match_rate_at_1e_2),
    )?;
    writeln!(out, "  all pairs, raw cosine")?;
    write_rates(out, &figures.all, &figures.balanced)?;
    write_cross_fit(out, &figures.cohort)?;
    write_in_use(out, &figures.cohort.in_use)?;
    write_fusion(out, &figures.fusion)
}

fn write_cross_fit(out: &mut String, cohort: &CrossFitted) -> std::fmt::Result {
    writeln!(
        out,
        "  cross-fitted: pairs within two halves of the people, the other half as cohort ({} and {} people, \
         K = {}{})",
        cohort.sizes[0],
        cohort.sizes[1],
        cohort.rule.top,
        if cohort.rule.centre { ", centred" } else { "" },
    )?;
    for (name, measured) in [("raw", &cohort.raw), ("normalised", &cohort.normalised)] {
        writeln!(out, "  {name}")?;
        write_rates(out, &measured.all, &measured.balanced)?;
        write_look_alikes(out, measured)?;
    }
    let fold = |raw: Counted, normalised: Counted| raw.rate() / normalised.rate();
    let pooled = cohort.raw.pooled.into_iter().zip(cohort.normalised.pooled);
    let pooled: Vec<_> = pooled
        .map(|(raw, normalised)| format!("{:.1}", fold(raw, normalised)))
        .collect();
    writeln!(
        out,
        "  raw ÷ normalised among look-alikes: all groups {}; worst group {:.1}",
        pooled.join(", "),
        fold(cohort.raw.worst, cohort.normalised.worst),
    )
}

fn write_in_use(out: &mut String, in_use: &InUse) -> std::fmt::Result {
    let Thresholds {
        cosine,
        normalised,
        floor,
    } = in_use.thresholds;
    writeln!(out, "  thresholds in use, on the same pairs")?;
    for (name, passed) in [
        (format!("raw {cosine}"), in_use.cosine),
        (
            format!("normalised {normalised} above raw {floor}"),
            in_use.normalised,
        ),
        (
            format!("normalised {normalised} without the floor"),
            in_use.without_floor,
        ),
        (
            format!("raw {:.4}, as many look-alikes", in_use.fair.0),
            in_use.fair.1,
        ),
    ] {
        let genuine = percent(passed.genuine.rate());
        writeln!(
            out,
            "    {name}: TMR {genuine}; FMR {}; among look-alikes {}",
            counted(passed.impostor),
            counted(passed.look_alikes),
        )?;
    }
    let look_alikes = in_use.normalised.look_alikes;
    writeln!(
        out,
        "    one face on the IDs of look-alikes: first false match to be expected after {:.0} IDs (95 %: {:.0} or more)",
        1.0 / look_alikes.rate(),
        1.0 / look_alikes.interval().1,
    )
}

fn write_fusion(out: &mut String, fused: &Fused) -> std::fmt::Result {
    writeln!(
        out,
        "  templates of several pictures, raw cosine ({} people with three or more; {} genuine, {} impostor)",
        fused.people, fused.single.counts.0, fused.single.counts.1,
    )?;
    for (name, rates) in [
        ("one picture", &fused.single),
        ("up to five, equal", &fused.equal),
        ("up to five, by quality", &fused.weighed),
    ] {
        let points = rates.points.iter();
        let points: Vec<_> = points
            .map(|p| format!("{:e} {}", p.false_match_rate, percent(p.true_match_rate)))
            .collect();
        writeln!(out, "    {name}: TMR at FMR {}", points.join(", "))?;
    }
    Ok(())
}

/// A rate with its interval and what it was counted from.
fn counted(counted: Counted) -> String {
    let (low, high) = counted.interval();
    format!(
        "{:.2e} (95 % {low:.1e} to {high:.1e}; {} of {})",
        counted.rate(),
        counted.matches,
        counted.trials,
    )
}

fn write_rates(out: &mut String, all: &Rates, balanced: &Rates) -> std::fmt::Result {
    writeln!(
        out,
        "    {} genuine, {} impostor\n    \
         FMR      threshold  TMR        false matches   identity-balanced: threshold  TMR",
        all.counts.0, all.counts.1
    )?;
    for (a, b) in all.points.iter().zip(&balanced.points) {
        writeln!(
            out,
            "    {:<8e} {:<10.4} {:<10} {:<31}    {:<10.4} {}",
            a.false_match_rate,
            a.threshold,
            percent(a.true_match_rate),
            a.false_matches,
            b.threshold,
            percent(b.true_match_rate),
        )?;
    }
    Ok(())
}

fn write_look_alikes(out: &mut String, measured: &Measured) -> std::fmt::Result {
    let pooled = RATES.into_iter().zip(measured.pooled);
    let all = pooled.map(|(rate, counted)| ("all 16 groups", rate, counted));
    for (groups, rate, counted) in all.chain([("worst group", 1e-3, measured.worst)]) {
        writeln!(
            out,
            "    FMR among look-alikes, {groups}, nominal {rate:e}: {}",
            self::counted(counted),
        )?;
    }
    Ok(())
}

fn names(pictures: &[std::path::PathBuf]) -> String {
    if pictures.is_empty() {
        return String::new();
    }
    let names: Vec<_> = pictures
        .iter()
        .filter_map(|path| path.file_stem())
        .map(|name| name.display().to_string())
        .collect();
    format!(" ({})", names.join(", "))
}

fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}
