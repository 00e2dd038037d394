//! `plan --iam`: the smallest IAM policy that applying a plan needs, on standard output and nothing else
//! there.

use crate::{place::Place, render, session::Run};
use groundplan::{
    Plan,
    aws::policy::{Mark, StatePlace, needed},
};
use groundplan_state::Snapshot;

/// Prints the policies that a plan needs.
pub(super) fn show(run: &Run<'_>, plan: &Plan, snapshot: &Snapshot) {
    let screen = run.app.screen;
    // Every run without a record begins a lineage of its own: the one of this plan is not that of the apply.
    let mark = match snapshot.serial {
        0 => Mark::Stack(plan.stack.clone()),
        _ => Mark::Lineage(snapshot.lineage.to_string()),
    };
    let state = match &run.app.global.state {
        Some(Place::Bucket(bucket)) => Some(StatePlace {
            bucket: bucket.bucket().to_owned(),
            prefix: format!("{}{}/", bucket.prefix(), plan.stack),
            partition: run.world.caller.partition.clone(),
        }),
        Some(Place::Folder(_)) | None => None,
    };
    let policies = needed(plan, &run.app.program.registry(), &mark, state.as_ref());
    let document = render::iam::json(&policies, &run.world.caller.arn);
    screen.json("policy", &document);
    if !screen.json {
        screen.raw(&render::iam::documents(&policies));
    }
    screen.say(&render::iam::explanation(&policies, &run.world.caller.arn));
}
