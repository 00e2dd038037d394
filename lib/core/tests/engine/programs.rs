//! Programs to try: a small platform in several versions.

use groundplan_core::{
    Options, Stack, Val,
    testing::{Host, Net, NetHandle, Rule, Sum},
};

use super::world::STACK;

/// One version of the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version {
    pub(crate) cidr: &'static str,
    pub(crate) mtu: u32,
    pub(crate) image: &'static str,
    pub(crate) size: u32,
    pub(crate) rule: bool,
}

pub(crate) const FIRST: Version =
    Version { cidr: "10.0.0.0/16", mtu: 1500, image: "a", size: 1, rule: true };

pub(crate) fn net(stack: &mut Stack, name: &str, cidr: &str, mtu: u32) -> NetHandle {
    stack.add(name, Net { cidr: cidr.into(), mtu, tags: [].into() })
}

/// Two networks, a host in both, a rule that leads to it, and a value made of them.
pub(crate) fn platform(version: Version) -> Stack {
    let mut stack = Stack::new(STACK);
    let main = net(&mut stack, "main", version.cidr, version.mtu);
    let side = net(&mut stack, "side", "10.9.0.0/16", 1500);
    let nets = vec![main.id(), side.id()];
    let host = stack.add("web", Host { nets, image: version.image.into(), size: version.size });
    let sum = stack.derive("names", Sum { of: vec![main.id(), host.name()] });
    if version.rule {
        stack.add(
            "in",
            Rule {
                net: main.id(),
                port: 80,
                target: groundplan_core::text!("{}/{}", host.ip(), sum.text()),
            },
        );
    }
    stack.output("address", host.ip());
    stack
}

/// One network with these options.
pub(crate) fn guarded(options: Options) -> Stack {
    let mut stack = Stack::new(STACK);
    stack.add_with("main", Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags: [].into() }, options);
    stack
}

/// A rule whose target is this value.
pub(crate) fn rule(target: Val<String>) -> Stack {
    let mut stack = Stack::new(STACK);
    let main = net(&mut stack, "main", "10.0.0.0/16", 1500);
    stack.add("in", Rule { net: main.id(), port: 80, target });
    stack
}

/// Two networks and a host in one of them.
pub(crate) fn moving(cidr: &str, image: &str, into_side: bool) -> Stack {
    let mut stack = Stack::new(STACK);
    let main = net(&mut stack, "main", cidr, 1500);
    let side = net(&mut stack, "side", "10.9.0.0/16", 1500);
    let net = if into_side { side } else { main };
    stack.add("web", Host { nets: vec![net.id()], image: image.into(), size: 1 });
    stack
}
