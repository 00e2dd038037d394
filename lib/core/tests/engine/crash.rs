//! Kills the process at every point at which it matters, and looks whether the next run converges.

use super::{
    programs::{FIRST, Version, moving, platform},
    world::{End, World},
};
use groundplan_core::sim::{Moment, Weather};

/// Runs `life` with a process that dies at the nth record, then at the nth call, for every n, and
/// each time lets a healthy process finish the work.
async fn everywhere(
    prepare: impl AsyncFn(&World),
    act: impl AsyncFn(&World) -> End,
    heal: impl AsyncFn(&World),
) {
    let mut points = 0;
    for kind in 0..3 {
        for n in 1.. {
            let world = World::new(n);
            prepare(&world).await;
            let weather = |moment| Weather { dies_at: Some((n, moment)), ..Weather::default() };
            let doomed = match kind {
                0 => world.with(Weather::default(), Some(n - 1)),
                1 => world.with(weather(Moment::Before), None),
                _ => world.with(weather(Moment::After), None),
            };
            let end = act(&doomed).await;
            let healthy = world.with(Weather { lag: 3, ..Weather::default() }, None);
            heal(&healthy).await;
            healthy.check();
            if !matches!(end, End::Died) {
                break;
            }
            points += 1;
        }
    }
    assert!(points > 4, "only {points} points were tried");
}

async fn finish(world: &World, version: Version) {
    let report = world.apply(platform(version)).await.report();
    assert!(report.complete(), "{report:?}");
    let plan = world.plan(platform(version)).await;
    assert!(plan.is_empty(), "{:?}", plan.changes);
}

#[tokio::test(start_paused = true)]
async fn a_first_apply_can_die_anywhere() {
    everywhere(
        async |_| {},
        async |w| w.apply(platform(FIRST)).await,
        async |w| finish(w, FIRST).await,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_replacement_can_die_anywhere() {
    let next = Version { cidr: "10.1.0.0/16", image: "b", mtu: 9000, ..FIRST };
    everywhere(
        async |w| finish(w, FIRST).await,
        async |w| w.apply(platform(next)).await,
        async |w| finish(w, next).await,
    )
    .await;
}

/// The program may change between the crash and the next run.
#[tokio::test(start_paused = true)]
async fn another_version_can_follow_a_crash() {
    let next = Version { cidr: "10.1.0.0/16", image: "b", ..FIRST };
    let other = Version { cidr: "10.2.0.0/16", size: 5, rule: false, ..FIRST };
    everywhere(
        async |w| finish(w, FIRST).await,
        async |w| w.apply(platform(next)).await,
        async |w| finish(w, other).await,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_destroy_can_die_anywhere() {
    let gone = async |w: &World| {
        let report = w.destroy().await.report();
        assert!(report.complete(), "{report:?}");
        assert!(w.cloud.objects().is_empty() && w.snapshot().entries.is_empty());
    };
    everywhere(async |w| finish(w, FIRST).await, async |w| w.destroy().await, gone).await;
}

/// A destroy after a crashed first apply finds also what was made and never recorded.
#[tokio::test(start_paused = true)]
async fn a_destroy_can_follow_a_crash() {
    let gone = async |w: &World| {
        let report = w.destroy().await.report();
        assert!(report.complete(), "{report:?}");
        assert!(w.cloud.objects().is_empty(), "{:?}", w.cloud.objects());
    };
    everywhere(async |_| {}, async |w| w.apply(platform(FIRST)).await, gone).await;
}

/// A host whose networks were being changed may still hold the old one, which then has to wait for it.
#[tokio::test(start_paused = true)]
async fn what_a_dead_move_still_holds_is_replaced_after_it() {
    let run = async |w: &World, stack: groundplan_core::Stack| {
        let report = w.apply(stack).await.report();
        assert!(report.complete(), "{report:?}");
    };
    everywhere(
        async |w| run(w, moving("10.0.0.0/16", "a", false)).await,
        async |w| w.apply(moving("10.0.0.0/16", "a", true)).await,
        async |w| run(w, moving("10.1.0.0/16", "b", true)).await,
    )
    .await;
}
