//! Makes a damaged state usable again. Loses nothing: what cannot be used is kept in `damaged/`.

use super::{
    LogStore,
    document::Flaw,
    fold::{Head, Log},
    keys,
    lease::{Contender, Standing, Watched},
    load::{Found, Tail, flawed, read_all},
    survey::{Rebuilt, Survey, survey},
    write::{Created, create},
};
use crate::{Blobs, Error, Holder, Repair, Repaired, Result, Session, Snapshot, Wait};
use std::collections::BTreeSet;

/// How many names a sentence has.
const NAMES: usize = 10;

/// Rebuilds a state from what is intact.
pub(super) async fn repair<B: Blobs>(
    store: &LogStore<B>,
    stack: &str,
    holder: Holder,
    how: Repair,
) -> Result<Repaired> {
    let blobs = &*store.blobs;
    loop {
        let survey = survey(blobs, stack).await?;
        refuse_newer(blobs, stack, &survey)?;
        let Some(rebuilt) = survey.rebuild(how.keep_edits) else {
            return match blobs.list(&keys::folder(stack), None).await?.first() {
                Some(left) => {
                    Err(Error::Gone { place: blobs.place(stack), left: blobs.place(left) })
                }
                None => Ok(Repaired { needed: false, lines: Vec::new() }),
            };
        };
        let case = Case { blobs, stack, survey: &survey, rebuilt: &rebuilt };
        let lines = case.lines(how.keep_edits);
        let needed = !lines.is_empty();
        if !needed || how.dry {
            return Ok(Repaired { needed, lines });
        }
        let mut aside = case.unusable_snapshots();
        let unusable_slots = case.unusable_slots();
        let (last, snapshots) = (survey.last(), aside.clone());
        aside.extend(unusable_slots.iter().map(|slot| keys::slot(stack, *slot)));
        let mut log = rebuilt.log.clone();
        log.head.fences.extend(unusable_slots);
        heed(&mut log.head, &survey);
        let epochs = 1 + rebuilt.lost.len() as u64;
        let contender = Contender::new(store, stack, holder.clone(), Wait::NOT)?;
        if rewrite(contender, log, last, epochs, &aside, snapshots).await? {
            return Ok(Repaired { needed, lines });
        }
    }
}

/// Writes a recovered state where none can be loaded, and says where what was there is now.
pub(super) async fn begin<B: Blobs>(
    store: &LogStore<B>,
    snapshot: Snapshot,
    holder: Holder,
) -> Result<Vec<String>> {
    let stack = snapshot.stack.clone();
    let blobs = &*store.blobs;
    loop {
        let survey = survey(blobs, &stack).await?;
        refuse_newer(blobs, &stack, &survey)?;
        let leases = keys::leases(&stack);
        let mut aside = blobs.list(&keys::folder(&stack), None).await?;
        aside.retain(|key| !keys::is_aside(&stack, key) && !key.starts_with(&leases));
        let journal = keys::journal(&stack);
        let removed = aside.iter().filter(|key| !key.starts_with(&journal)).cloned().collect();
        let mut log = Log::begin(snapshot.clone());
        log.head.fences = survey.slots.keys().copied().collect();
        let epoch = |record: &std::result::Result<super::record::Record, _>| {
            record.as_ref().map_or(0, |record| record.epoch)
        };
        log.head.epoch = survey.slots.values().map(epoch).max().unwrap_or(0);
        heed(&mut log.head, &survey);
        let last = survey.last();
        let epochs = 1 + survey.slots.len() as u64;
        let contender = Contender::new(store, &stack, holder.clone(), Wait::NOT)?;
        let moved = |key: &String| {
            let to = blobs.place(&keys::aside(&stack, last + 1, key));
            format!("{} is kept as {to}", blobs.place(key))
        };
        let lines = aside.iter().map(moved).collect();
        if rewrite(contender, log, last, epochs, &aside, removed).await? {
            return Ok(lines);
        }
    }
}

/// Takes the lease after everything that is there, keeps copies, writes the state, and removes what
/// would be in its way. False if somebody else wrote meanwhile: then nothing was changed.
async fn rewrite<B: Blobs>(
    mut contender: Contender<'_, B>,
    mut log: Log,
    last: u64,
    epochs: u64,
    aside: &[String],
    removed: Vec<String>,
) -> Result<bool> {
    let (blobs, stack) = (&*contender.store.blobs, contender.stack);
    log.head.slot = last;
    let before = log.head.lease.clone();
    if let Some(held) = &before
        && matches!(contender.watch(&Standing::from(&log.head), held).await?, Watched::WentOn(_))
    {
        return Ok(false);
    }
    let values = read_all(blobs, aside.to_vec()).await?;
    for (key, value) in aside.iter().zip(values) {
        let Some(value) = value else { return Ok(false) };
        let to = keys::aside(stack, last + 1, key);
        create(blobs, &to, value).await?;
    }
    let record = contender.claim(&log.snapshot, last + 1, log.head.epoch + epochs);
    let bytes = record.encode();
    if create(blobs, &keys::slot(stack, record.slot), bytes).await? != Created::ByUs {
        return Ok(false);
    }
    if log.head.lease.is_none() {
        log.head.fences.push(record.slot);
    }
    log.apply_loosely(record);
    let found = Found { log, base: None, tail: Tail::default() };
    let mut session = contender.begin(found, before.map(|held| held.nonce)).await?;
    session.keep().await?;
    contender.store.blobs.delete(removed).await?;
    Box::new(session).close().await?;
    Ok(true)
}

/// A state of a newer format is not for this version to judge.
fn refuse_newer(blobs: &dyn Blobs, stack: &str, survey: &Survey) -> Result<()> {
    for (slot, snapshot) in &survey.snapshots {
        if let Err(flaw @ Flaw::Newer(_)) = snapshot {
            return Err(flawed(blobs, &keys::snapshot(stack, *slot), flaw));
        }
    }
    Ok(())
}

/// Heeds a holder that was heard of, and whose slot cannot be read.
fn heed(head: &mut Head, survey: &Survey) {
    if let Some((epoch, held)) = &survey.beat
        && *epoch > head.epoch
    {
        head.epoch = *epoch;
        head.lease = Some(held.clone());
    }
}

struct Case<'a> {
    blobs: &'a dyn Blobs,
    stack: &'a str,
    survey: &'a Survey,
    rebuilt: &'a Rebuilt,
}

impl Case<'_> {
    fn unusable_snapshots(&self) -> Vec<String> {
        let flawed = self.survey.snapshots.iter().filter(|(_, found)| found.is_err());
        flawed.map(|(slot, _)| keys::snapshot(self.stack, *slot)).collect()
    }

    /// Damaged slots that are not kept for good already. They stay where they are as well: nobody
    /// may write there.
    fn unusable_slots(&self) -> Vec<u64> {
        let fences = &self.rebuilt.log.head.fences;
        let torn = self.survey.slots.iter().filter(|(_, found)| found.is_err());
        torn.map(|(slot, _)| *slot).filter(|slot| !fences.contains(slot)).collect()
    }

    /// What is wrong, what is done about it, and what is lost.
    fn lines(&self, keep_edits: bool) -> Vec<String> {
        let Self { blobs, stack, survey, rebuilt } = self;
        let mut lines = Vec::new();
        let kept = |key: &str| blobs.place(&keys::aside(stack, survey.last() + 1, key));
        for (slot, found) in &survey.snapshots {
            let Err(flaw) = found else { continue };
            let key = keys::snapshot(stack, *slot);
            let (place, kept) = (blobs.place(&key), kept(&key));
            lines.push(match flaw {
                Flaw::Edited(_) if rebuilt.base == Some(*slot) => {
                    format!(
                        "{place} was edited, and is taken as it is now; a copy is kept as {kept}"
                    )
                }
                flaw => format!("{place} is damaged: {}; it is kept as {kept}", flaw.why()),
            });
        }
        for slot in self.unusable_slots() {
            let key = keys::slot(stack, slot);
            let Some(Err(torn)) = survey.slots.get(&slot) else { continue };
            let lost = rebuilt.lost.contains(&slot);
            let names: BTreeSet<_> = torn.names.iter().map(|name| format!("`{name}`")).collect();
            let effect = match (lost, names.is_empty()) {
                (false, _) => "nothing rests on it".to_owned(),
                (true, true) => "what it recorded is lost".to_owned(),
                (true, false) => format!("what it recorded of {} is lost", listed(&names)),
            };
            let (place, kept) = (blobs.place(&key), kept(&key));
            lines.push(format!("{place} is damaged: {}; {effect}; it is kept as {kept}", torn.why));
        }
        let missing = rebuilt.lost.iter().filter(|slot| !survey.slots.contains_key(slot));
        for (first, last) in runs(missing.copied()) {
            let place = blobs.place(&keys::journal(stack));
            lines.push(format!(
                "records {first} to {last} are missing from {place}: what they recorded is lost"
            ));
        }
        if !keep_edits && let Some(edits) = survey.edits(rebuilt.base).filter(|e| !e.is_empty()) {
            lines.push(format!(
                "the journal says otherwise than the edited state of {}, and is believed; `apply state repair --keep-edits` believes the edited state",
                listed(&edits)
            ));
        }
        if lines.is_empty() {
            return lines;
        }
        let from = rebuilt.base.map_or("the journal alone".to_owned(), |slot| {
            format!("{} and the records after it", blobs.place(&keys::snapshot(stack, slot)))
        });
        let serial = rebuilt.log.snapshot.serial;
        lines.push(format!("the state is made anew from {from}, up to change {serial}"));
        if !rebuilt.lost.is_empty() {
            lines.push(
                "the next plan looks into everything on record, and finds by its tags what was made and is not".into(),
            );
        }
        lines
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let mut text = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMES {
        text += &format!(" and {} more", names.len() - NAMES);
    }
    text
}

/// Numbers in order as first and last of each unbroken run.
fn runs(numbers: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    runs
}
