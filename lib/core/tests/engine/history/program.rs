//! Random programs, and random edits of them.

use crate::world::STACK;
use fastrand::Rng;
use groundplan_core::{
    Options, Resource, Stack, Val,
    testing::{Gate, Host, HostHandle, Net, NetHandle, Note, Rule, Sum},
};
use std::fmt;

/// A program. Each resource keeps its place, so that it can go and come back under its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    nets: Vec<Option<NetSpec>>,
    /// How often each network got another name. A name that was given up does not come back: the mark on
    /// the object still says it.
    renamed: [u8; 4],
    /// The same of each host.
    hosts_renamed: [u8; 4],
    hosts: Vec<Option<HostSpec>>,
    gates: Vec<Option<GateSpec>>,
    rules: Vec<Option<RuleSpec>>,
    notes: Vec<Option<u8>>,
    sum: bool,
}

#[derive(Clone, Debug)]
struct NetSpec {
    cidr: u8,
    mtu: u8,
    how: How,
}

#[derive(Clone, Debug)]
struct HostSpec {
    nets: Vec<usize>,
    image: u8,
    size: u8,
    how: How,
}

#[derive(Clone, Debug)]
struct GateSpec {
    net: usize,
    size: u8,
    how: How,
}

#[derive(Clone, Debug)]
struct RuleSpec {
    net: usize,
    host: usize,
    side: u8,
}

/// How a resource is treated.
#[derive(Clone, Debug)]
struct How {
    first: bool,
    retain: bool,
}

impl How {
    fn random(rng: &mut Rng) -> Self {
        Self { first: rng.u8(..4) == 0, retain: false }
    }

    /// What holds something is not retained: what it holds could never go.
    fn retained_at_times(self, rng: &mut Rng) -> Self {
        Self { retain: rng.u8(..10) == 0, ..self }
    }

    fn options(&self) -> Options {
        Options { create_before_delete: self.first, retain: self.retain, ..Options::default() }
    }
}

fn some<T>(rng: &mut Rng, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    (rng.u8(..4) > 0).then(|| make(rng))
}

fn net(rng: &mut Rng) -> NetSpec {
    NetSpec { cidr: rng.u8(..3), mtu: rng.u8(..3), how: How::random(rng).retained_at_times(rng) }
}

fn host(rng: &mut Rng) -> HostSpec {
    let nets = (0..rng.usize(1..3)).map(|_| rng.usize(..4)).collect();
    HostSpec { nets, image: rng.u8(..2), size: rng.u8(..3), how: How::random(rng) }
}

fn gate(rng: &mut Rng) -> GateSpec {
    GateSpec { net: rng.usize(..4), size: rng.u8(..3), how: How::random(rng) }
}

fn rule(rng: &mut Rng) -> RuleSpec {
    RuleSpec { net: rng.usize(..4), host: rng.usize(..3), side: rng.u8(..2) }
}

impl Program {
    /// A program that grows with `size`, from 1 up.
    pub(super) fn random(rng: &mut Rng, size: usize) -> Self {
        let most = |share: usize| 1 + size.min(9) / share;
        let mut program = Self { sum: rng.bool(), ..Self::default() };
        program.nets = (0..rng.usize(1..=most(3))).map(|_| some(rng, net)).collect();
        program.hosts = (0..rng.usize(0..=most(4))).map(|_| some(rng, host)).collect();
        program.gates = (0..rng.usize(0..=most(5))).map(|_| some(rng, gate)).collect();
        program.rules = (0..rng.usize(0..=most(4))).map(|_| some(rng, rule)).collect();
        program.notes = (0..rng.usize(0..=most(6))).map(|_| some(rng, |r| r.u8(..3))).collect();
        program
    }

    /// Another program in its place.
    pub(super) fn replaced(&self, rng: &mut Rng, size: usize) -> Self {
        let (renamed, hosts_renamed) = (self.renamed, self.hosts_renamed);
        Self { renamed, hosts_renamed, ..Self::random(rng, size) }
    }

    /// The same program after somebody worked on it.
    pub(super) fn edited(&self, rng: &mut Rng) -> Self {
        let mut next = self.clone();
        for _ in 0..rng.usize(1..4) {
            match rng.u8(..7) {
                0 => edit(rng, &mut next.nets, net),
                1 => edit(rng, &mut next.hosts, host),
                2 => edit(rng, &mut next.gates, gate),
                3 => edit(rng, &mut next.rules, rule),
                4 => edit(rng, &mut next.notes, |r| r.u8(..3)),
                5 => next.rename(rng),
                _ => next.sum = !next.sum,
            }
        }
        next
    }

    fn rename(&mut self, rng: &mut Rng) {
        if rng.bool() && !self.hosts.is_empty() {
            self.hosts_renamed[rng.usize(..self.hosts.len())] += 1;
        } else {
            self.renamed[rng.usize(..self.nets.len())] += 1;
        }
    }

    /// How many resources it has, or nearly so.
    pub(super) fn len(&self) -> u64 {
        let all = [self.nets.len(), self.hosts.len(), self.gates.len(), self.rules.len()];
        u64::try_from(all.iter().sum::<usize>() + self.notes.len()).expect("few resources")
    }

    pub(super) fn stack(&self) -> Stack {
        let mut stack = Stack::new(STACK);
        let nets: Vec<_> =
            present(&self.nets).map(|(i, spec)| spec.add(&mut stack, i, self.renamed[i])).collect();
        let hosts: Vec<_> = present(&self.hosts)
            .filter(|_| !nets.is_empty())
            .map(|(i, spec)| spec.add(&mut stack, (i, self.hosts_renamed[i]), &nets))
            .collect();
        for (i, text) in present(&self.notes) {
            stack.add(&format!("t{i}"), Note { text: text.to_string() });
        }
        if nets.is_empty() {
            return stack;
        }
        let sum = self.sum.then(|| {
            let of = nets.iter().map(NetHandle::id).chain(hosts.iter().map(HostHandle::name));
            stack.derive("s", Sum { of: of.collect() }).text()
        });
        for (i, spec) in present(&self.gates) {
            let gate = Gate { net: pick(&nets, spec.net).id(), size: spec.size.into() };
            stack.add_with(&format!("g{i}"), gate, spec.how.options());
        }
        for (i, spec) in present(&self.rules) {
            let ips = hosts.get(spec.host).map(HostHandle::ip);
            let target: Val<String> = ips.or(sum.clone()).unwrap_or_else(|| "nowhere".into());
            let port = u16::try_from(i).expect("few rules");
            let net = pick(&nets, spec.net).id();
            let target = groundplan_core::text!("{}/{}", target, spec.side.to_string());
            stack.add(&format!("r{i}"), Rule { net, port, target });
        }
        stack
    }
}

impl NetSpec {
    fn add(&self, stack: &mut Stack, i: usize, renamed: u8) -> NetHandle {
        let name = renamed_to(stack, Net::KIND, &format!("n{i}"), renamed);
        let net = Net {
            cidr: format!("10.{}", self.cidr),
            mtu: 1500 + u32::from(self.mtu),
            tags: [].into(),
        };
        stack.add_with(&name, net, self.how.options())
    }
}

impl HostSpec {
    fn add(&self, stack: &mut Stack, (i, renamed): (usize, u8), nets: &[NetHandle]) -> HostHandle {
        let name = renamed_to(stack, Host::KIND, &format!("h{i}"), renamed);
        let mut of: Vec<_> = self.nets.iter().map(|at| at % nets.len()).collect();
        of.dedup();
        let host = Host {
            nets: of.into_iter().map(|at| nets[at].id()).collect(),
            image: if self.image == 0 { "a" } else { "b" }.into(),
            size: self.size.into(),
        };
        stack.add_with(&name, host, self.how.options())
    }
}

/// What something is called after so many renames, the last of which the program tells.
fn renamed_to(stack: &mut Stack, kind: &str, name: &str, renamed: u8) -> String {
    let after = |n| if n == 0 { name.to_owned() } else { format!("{name}-{n}") };
    if let Some(before) = renamed.checked_sub(1) {
        stack.moved(&format!("{kind}/{}", after(before)), &format!("{kind}/{}", after(renamed)));
    }
    after(renamed)
}

fn present<T>(all: &[Option<T>]) -> impl Iterator<Item = (usize, &T)> {
    all.iter().enumerate().filter_map(|(i, one)| Some((i, one.as_ref()?)))
}

fn pick(nets: &[NetHandle], at: usize) -> &NetHandle {
    &nets[at % nets.len()]
}

/// Takes one out, puts one back, or makes one anew.
fn edit<T>(rng: &mut Rng, all: &mut [Option<T>], make: impl FnOnce(&mut Rng) -> T) {
    if all.is_empty() {
        return;
    }
    let at = rng.usize(..all.len());
    all[at] = if all[at].is_some() && rng.u8(..3) == 0 { None } else { Some(make(rng)) };
}

impl fmt::Display for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registry = groundplan_core::testing::registry();
        let graph = self.stack().freeze(&registry).expect("a sound program");
        for address in graph.addresses() {
            let inputs = graph.inputs(address).expect("it was just listed");
            let inputs = groundplan_core::shown(inputs);
            write!(out, "\n       {address} {inputs}")?;
        }
        let options = |name: String, how: &How| match how {
            How { first: false, retain: false } => String::new(),
            how => format!(" {name}: {how:?};"),
        };
        let nets = present(&self.nets).map(|(i, s)| options(format!("n{i}"), &s.how));
        let hosts = present(&self.hosts).map(|(i, s)| options(format!("h{i}"), &s.how));
        let gates = present(&self.gates).map(|(i, s)| options(format!("g{i}"), &s.how));
        let all: String = nets.chain(hosts).chain(gates).collect();
        if all.is_empty() { Ok(()) } else { write!(out, "\n      {all}") }
    }
}
