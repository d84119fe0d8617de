//! State that others broke is found before anything is done by it.

use super::error::{Doing, Error};
use super::home::Home;
use super::journal::{Direction, Phase};
use super::layout::{
    CHANGES, CHANGES_BEFORE, CHANGES_NEXT, DISPLACED, FORMER, JOURNAL, KEPT, NEXT, PLAN, PLAN_DONE,
    PREVIOUS, SALVAGE, STAGED, TMP,
};
use super::plan;

const TREES: [&[u8]; 7] = [NEXT, PREVIOUS, DISPLACED, FORMER, SALVAGE, KEPT, TMP];
const FILES: [&[u8]; 7] = [
    JOURNAL,
    STAGED,
    CHANGES,
    CHANGES_NEXT,
    CHANGES_BEFORE,
    PLAN,
    PLAN_DONE,
];

/// A name in the state that is a file and should be a directory, or the other way round.
pub(super) fn misplaced(home: &Home) -> Result<Option<String>, Error> {
    let names = TREES.iter().map(|name| (name, true));
    for (name, tree) in names.chain(FILES.iter().map(|name| (name, false))) {
        let stat = home.dir.try_stat(name).doing("look at", home.join(name))?;
        if stat.is_some_and(|stat| stat.is_dir() != tree) {
            let name = String::from_utf8_lossy(name);
            let what = if tree { "no directory" } else { "a directory" };
            return Ok(Some(format!("\"{name}\" in it is {what}")));
        }
    }
    Ok(None)
}

/// Why a sealed plan cannot be carried to its end, if so.
pub(super) fn lost_plan(home: &Home, phase: &Phase) -> Result<Option<String>, Error> {
    let Phase::SealedPlan { direction, rotate } = phase else {
        return Ok(None);
    };
    // Where it displaces a generation it was carried out before that was put into its place.
    if *rotate && !home.has(DISPLACED)? {
        return Ok(None);
    }
    let name = if *rotate || home.has(PLAN)? {
        PLAN
    } else {
        PLAN_DONE
    };
    let whole = home.has(name)? && is_readable(home, name)?;
    let staged = *direction == Direction::Backward || home.has(NEXT)?;
    let lost = match (whole, staged) {
        (true, true) => return Ok(None),
        (false, _) => "plan",
        (_, false) => "stage",
    };
    Ok(Some(format!(
        "the {lost} of an interrupted change is lost: what it had not done yet is left undone"
    )))
}

fn is_readable(home: &Home, name: &[u8]) -> Result<bool, Error> {
    match plan::read(home, name) {
        Ok(_) => Ok(true),
        Err(Error::Damaged { .. }) => Ok(false),
        Err(e) => Err(e),
    }
}
