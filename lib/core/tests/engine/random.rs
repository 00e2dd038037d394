//! Random programs, random weather, random deaths; three invariants after every healed run.

use super::world::{STACK, World};
use groundplan_core::{
    Options, Stack,
    sim::{Host, Moment, Net, Rule, Weather},
};
use proptest::prelude::*;

/// A random program: networks, hosts in some of them, rules in others.
#[derive(Clone, Debug)]
struct Program {
    nets: Vec<(u8, u8)>,
    hosts: Vec<(Vec<prop::sample::Index>, bool, u8, bool)>,
    rules: Vec<(prop::sample::Index, u8)>,
}

fn program() -> impl Strategy<Value = Program> {
    let nets = prop::collection::vec((0u8..3, 0u8..3), 1..4);
    let host = (
        prop::collection::vec(any::<prop::sample::Index>(), 1..3),
        any::<bool>(),
        0u8..3,
        any::<bool>(),
    );
    let hosts = prop::collection::vec(host, 0..4);
    let rules = prop::collection::vec((any::<prop::sample::Index>(), 0u8..2), 0..3);
    (nets, hosts, rules).prop_map(|(nets, hosts, rules)| Program { nets, hosts, rules })
}

impl Program {
    fn stack(&self) -> Stack {
        let mut stack = Stack::new(STACK);
        let net = |(i, (cidr, mtu)): (usize, &(u8, u8))| {
            stack.add(
                &format!("n{i}"),
                Net { cidr: format!("10.{cidr}"), mtu: 1500 + u32::from(*mtu), tags: [].into() },
            )
        };
        let nets: Vec<_> = self.nets.iter().enumerate().map(net).collect();
        let mut hosts = Vec::new();
        for (i, (of, image, size, first)) in self.hosts.iter().enumerate() {
            let mut chosen: Vec<_> = of.iter().map(|index| index.index(nets.len())).collect();
            chosen.dedup();
            let options = Options { create_before_delete: *first, ..Options::default() };
            let host = Host {
                nets: chosen.into_iter().map(|n| nets[n].id()).collect(),
                image: if *image { "a" } else { "b" }.into(),
                size: u32::from(*size),
            };
            hosts.push(stack.add_with(&format!("h{i}"), host, options));
        }
        for (i, (net, target)) in self.rules.iter().enumerate() {
            let target = match hosts.get(usize::from(*target)) {
                Some(host) => host.ip(),
                None => "nowhere".into(),
            };
            let port = u16::try_from(i).expect("few rules");
            stack.add(
                &format!("r{i}"),
                Rule { net: nets[net.index(nets.len())].id(), port, target },
            );
        }
        stack
    }
}

fn weather() -> impl Strategy<Value = Weather> {
    let dies = prop::option::of((1u64..30, prop_oneof![Just(Moment::Before), Just(Moment::After)]));
    (0u32..200, 0u32..200, 0u64..6, dies).prop_map(|(throttled, lost_answers, lag, dies_at)| {
        Weather { throttled, lost_answers, lag, dies_at }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_where_the_last_program_says(
        history in prop::collection::vec((program(), weather(), prop::option::of(0u64..40)), 1..4),
        last in program(),
        seed in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let world = World::new(seed);
            for (program, weather, dies_after) in &history {
                world.with(*weather, *dies_after).apply(program.stack()).await;
            }
            let healthy = world.with(Weather { lag: 2, ..Weather::default() }, None);
            let plan = healthy.plan(last.stack()).await;
            if !plan.refusals.is_empty() {
                // Two rules cannot share a key, which a plan says before anything happens.
                return Ok(());
            }
            let report = healthy.apply(last.stack()).await.report();
            prop_assert!(report.complete(), "{:?}", report);
            healthy.check();
            let plan = healthy.plan(last.stack()).await;
            prop_assert!(plan.is_empty(), "{:?}", plan.changes);

            let report = healthy.destroy().await.report();
            prop_assert!(report.complete(), "{:?}", report);
            prop_assert!(healthy.cloud.objects().is_empty(), "{:?}", healthy.cloud.objects());
            Ok(())
        })?;
    }
}
