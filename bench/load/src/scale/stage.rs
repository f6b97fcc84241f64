//! So many residents: an authority is started, driven, and ended.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use nod_load::performance;

use super::sizes::{self, Work};
use crate::closed::{self, Step};
use crate::crowd::{AFTER, Crowd};
use crate::database::Database;
use crate::machine::Machine;
use crate::open::{self, Half};
use crate::server::Server;
use crate::town::Town;

/// What is the same for all stages.
pub(super) struct Setting<'a> {
    pub(super) program: &'a Path,
    /// What people do before the camera.
    pub(super) performances: &'a Path,
    pub(super) machine: &'a Machine,
    pub(super) database: &'a Database,
    pub(super) connections: usize,
    pub(super) seconds: u64,
    pub(super) seed: u64,
}

/// What was seen.
pub(super) struct Stage {
    /// Saturated.
    pub(super) step: Step,
    pub(super) half: Half,
    /// The database's while half load was counted.
    pub(super) work: (Work, Work),
}

/// Of [`open::at`], until it counts.
const UNTIL_COUNTED: Duration = Duration::from_millis(AFTER + 1_300);

/// Drives an authority of level light with the town's residents; the town is given back.
pub(super) fn measured(setting: &Setting<'_>, town: Town) -> Result<(Town, Stage)> {
    let Setting {
        database, seconds, ..
    } = setting;
    let performances = performance::read(setting.performances)?;
    let server = Server::start(setting.program, &town.data, setting.machine, database)?;
    let crowd = Crowd::of(town, performances, &server, setting.seed)?;
    let site = crowd.site("light")?;
    let mut steps = closed::staircase(&server, &crowd, site, &[setting.connections])?;
    let step = steps.pop().context("nothing was measured")?;
    let rate = step.verifications() / 2.0;
    let (half, work) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            std::thread::sleep(UNTIL_COUNTED);
            let before = sizes::work(database)?;
            std::thread::sleep(Duration::from_secs(*seconds));
            anyhow::Ok((before, sizes::work(database)?))
        });
        let half = open::at(&server, &crowd, site, rate, *seconds)?;
        let work = watch.join().ok().context("a thread died")??;
        anyhow::Ok((half, work))
    })?;
    drop(server);
    Ok((crowd.town, Stage { step, half, work }))
}
