//! Kills the process at every point at which it matters, and looks whether the next run converges.

use super::{
    programs::{FIRST, Version, guarded, moving, platform},
    world::{self, STACK, check, planned},
};
use groundplan_core::{
    Options, Stack,
    testing::{End, Gate, Moment, Point, Process, Weather, World},
};
use std::time::Duration;

/// Acts with a process that dies at the nth record, then at the nth call, for every n, before it and after
/// it, and each time lets a healthy process finish the work and says what program it finished.
async fn everywhere(
    prepare: impl AsyncFn(&World),
    act: impl AsyncFn(&World) -> End,
    heal: impl AsyncFn(&World) -> Stack,
) {
    let mut points = 0;
    for moment in [Moment::Before, Moment::After] {
        for point in [Point::Record, Point::Call] {
            for n in 1.. {
                let world = world::new(n);
                prepare(&world).await;
                let doomed = Process::dying_at(point(n, moment));
                let end = act(&world.seen_by(&doomed, Weather::default())).await;
                let lag = Weather { lag: Duration::from_millis(50), ..Weather::default() };
                let healthy = world.seen_by(&Process::healthy(), lag);
                check(&healthy, heal(&healthy).await).await;
                if !matches!(end, End::Died) {
                    break;
                }
                points += 1;
            }
        }
    }
    assert!(points > 4, "only {points} points were tried");
}

async fn finish(world: &World, version: Version) -> Stack {
    let report = world.apply(platform(version)).await.report();
    assert!(report.complete(), "{report:?}");
    let plan = planned(world, platform(version)).await;
    assert!(plan.is_empty(), "{:?}", plan.changes);
    platform(version)
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
        async |w| drop(finish(w, FIRST).await),
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
        async |w| drop(finish(w, FIRST).await),
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
        assert!(w.cloud.objects().is_empty() && w.snapshot().await.entries.is_empty());
        Stack::new(STACK)
    };
    everywhere(async |w| drop(finish(w, FIRST).await), async |w| w.destroy().await, gone).await;
}

/// A destroy after a crashed first apply finds also what was made and never recorded.
#[tokio::test(start_paused = true)]
async fn a_destroy_can_follow_a_crash() {
    let gone = async |w: &World| {
        let report = w.destroy().await.report();
        assert!(report.complete(), "{report:?}");
        assert!(w.cloud.objects().is_empty(), "{:?}", w.cloud.objects());
        Stack::new(STACK)
    };
    everywhere(async |_| {}, async |w| w.apply(platform(FIRST)).await, gone).await;
}

/// What was to be retained stays when it was made, and is known to be left; else there is nothing to leave.
#[tokio::test(start_paused = true)]
async fn a_retained_object_whose_create_was_cut_off_is_left_or_forgotten() {
    for (moment, left) in [(Moment::Before, 0), (Moment::After, 1)] {
        let world = world::new(1);
        let retain = Options { retain: true, ..Options::default() };
        let doomed = world.seen_by(&Process::dying_at(Point::Call(1, moment)), Weather::default());
        assert!(matches!(doomed.apply(guarded(retain)).await, End::Died));
        for _ in 0..2 {
            assert!(world.apply(Stack::new(STACK)).await.report().complete());
            assert_eq!(world.cloud.objects().len(), left);
            assert_eq!(world.snapshot().await.left.len(), left);
        }
    }
}

/// What lists do not show for longer than anybody looks is not made a second time either: the token tells.
#[tokio::test(start_paused = true)]
async fn a_create_that_does_not_show_is_repeated_with_its_token() {
    let program = || {
        let mut stack = Stack::new(STACK);
        let main = super::programs::net(&mut stack, "main", "10.0.0.0/16", 1500);
        stack.add("out", Gate { net: main.id(), size: 1 });
        stack
    };
    let world = world::new(5);
    let hidden = Weather { token_lag: Duration::from_hours(1000), ..Weather::default() };
    // The network is made with the first call and settled with the second.
    let doomed = Process::dying_at(Point::Call(3, Moment::After));
    assert!(matches!(world.seen_by(&doomed, hidden).apply(program()).await, End::Died));
    assert_eq!(world.cloud.objects().len(), 2, "the gate is there, and no list shows it");
    assert!(world.apply(program()).await.report().complete());
    assert_eq!(world.cloud.objects().len(), 2);
    check(&world, program()).await;
}

/// A host whose networks were being changed may still hold the old one, which then has to wait for it.
#[tokio::test(start_paused = true)]
async fn what_a_dead_move_still_holds_is_replaced_after_it() {
    let run = async |w: &World, stack: fn() -> Stack| {
        let report = w.apply(stack()).await.report();
        assert!(report.complete(), "{report:?}");
        stack()
    };
    everywhere(
        async |w| drop(run(w, || moving("10.0.0.0/16", "a", false)).await),
        async |w| w.apply(moving("10.0.0.0/16", "a", true)).await,
        async |w| run(w, || moving("10.1.0.0/16", "b", true)).await,
    )
    .await;
}
