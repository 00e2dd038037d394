//! Removes databases: protection, last snapshot, and until it is really gone.

use super::{Instance, InstanceOutputs, OnDelete, observe::describe, state};
use crate::{
    Clients, CxAws,
    fault::{absent, fault},
    rds::pairs,
    tags,
};
use aws_sdk_rds::types::DbInstance;
use groundplan_core::{Class, Fault, Patience, Probe, Result, StepCx};

/// How many names are tried for the last snapshot. A name is taken where an earlier delete took its
/// snapshot and then failed; the data may have changed since, so another one is taken.
const SNAPSHOT_NAMES: u32 = 9;

pub(super) async fn delete(db: &Instance, cx: &StepCx, live: &InstanceOutputs) -> Result<()> {
    let aws = cx.aws(db.scope.get()).await?;
    let id = live.id.as_str();
    let Some(there) = describe(&aws, id).await? else { return Ok(()) };
    tags::require_ours(cx.owner(), &format!("the database `{id}`"), pairs(there.tag_list()))?;
    if !leaving(&there) {
        let snapshot = db.on_delete == OnDelete::FinalSnapshot && keeps(cx, &there)?;
        lift_protection(cx, &aws, &there).await?;
        remove(cx, &aws, id, snapshot).await?;
    }
    cx.wait(Patience::HOUR, "the database to be gone", || async {
        Ok(match describe(&aws, id).await? {
            None => Probe::Ready(()),
            Some(there) => Probe::not_yet(there.db_instance_status().unwrap_or("still listed")),
        })
    })
    .await
}

fn leaving(there: &DbInstance) -> bool {
    there.db_instance_status() == Some(state::DELETING)
}

/// Whether a last snapshot can be taken. If not, the data is lost, which takes a person's word.
fn keeps(cx: &StepCx, there: &DbInstance) -> Result<bool> {
    let status = there.db_instance_status().unwrap_or_default();
    if state::has_snapshots(status) {
        return Ok(true);
    }
    if cx.unprotected() {
        return Ok(false);
    }
    let what = format!("the database is {status}: no last snapshot can be taken of it");
    Err(Fault::new(Class::Refused, what)
        .why("it was to be kept in one")
        .hint(format!("to delete it without: --unprotect {}", cx.address())))
}

async fn lift_protection(cx: &StepCx, aws: &Clients, there: &DbInstance) -> Result<()> {
    if there.deletion_protection() != Some(true) {
        return Ok(());
    }
    let id = there.db_instance_identifier().unwrap_or_default();
    if !cx.unprotected() {
        return Err(Fault::new(Class::Refused, format!("the database `{id}` is protected"))
            .why("its deletion protection is on")
            .hint(format!("--unprotect {}", cx.address())));
    }
    let lift = || async {
        let call = aws.rds.modify_db_instance().db_instance_identifier(id);
        let call = call.deletion_protection(false).apply_immediately(true);
        call.send().await.map_err(fault("rds:ModifyDBInstance")).map(drop)
    };
    cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, lift).await?;
    cx.wait(Patience::SECONDS, "deletion protection to be off", || async {
        Ok(match describe(aws, id).await? {
            Some(there) if there.deletion_protection() == Some(true) => Probe::not_yet("still on"),
            _ => Probe::Ready(()),
        })
    })
    .await
}

/// Asks for the delete until it is under way.
async fn remove(cx: &StepCx, aws: &Clients, id: &str, snapshot: bool) -> Result<()> {
    for number in 1..=SNAPSHOT_NAMES {
        let name = snapshot.then(|| snapshot_name(id, cx, number));
        let ask = || async {
            // The answer to an earlier try may have been lost.
            match describe(aws, id).await? {
                Some(there) if !leaving(&there) => {}
                _ => return Ok(()),
            }
            let call = aws
                .rds
                .delete_db_instance()
                .db_instance_identifier(id)
                .skip_final_snapshot(!snapshot)
                .set_final_db_snapshot_identifier(name.clone())
                .delete_automated_backups(true);
            absent(call.send().await.map_err(fault("rds:DeleteDBInstance"))).map(drop)
        };
        match cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, ask).await {
            Err(fault) if fault.is("DBSnapshotAlreadyExists") && number < SNAPSHOT_NAMES => {}
            result => return result,
        }
    }
    unreachable!("BUG: the last try returns")
}

/// The same for one instance however often it is asked for, and another one for the next of its name.
fn snapshot_name(id: &str, cx: &StepCx, number: u32) -> String {
    let mark = match cx.token().get(..8) {
        Some(token) => token.to_owned(),
        None => cx.owner().generation.to_string(),
    };
    let name = format!("{id}-final-{mark}");
    if number == 1 { name } else { format!("{name}-{number}") }
}
