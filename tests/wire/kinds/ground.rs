//! What an object under test stands on: other resources, each added when it is first asked for.
//!
//! A ground is the same in every version of a specimen's program, so that nothing but the object changes.

use crate::harness::{ACCOUNT, REGION};
use groundplan::aws::{
    Arn, Cidr, Scope, Zone,
    ec2::{SecurityGroup, SecurityGroupHandle, Subnet, SubnetHandle, Vpc, VpcHandle},
    iam::{Role, RoleHandle, RolePolicyAttachment},
};
use groundplan::{Address, Derived, Options, Outputs, Resource, Stack, Val, json_text};
use std::collections::BTreeSet;

/// The program below a specimen.
pub(super) struct Ground {
    pub(super) stack: Stack,
    scope: Val<Scope>,
    /// What must be there before the object though the object does not say so.
    pub(super) before: BTreeSet<Address>,
    made: BTreeSet<Address>,
}

impl Ground {
    pub(super) fn new(stack: Stack, scope: Val<Scope>) -> Self {
        Self { stack, scope, before: BTreeSet::new(), made: BTreeSet::new() }
    }

    /// The account and region.
    pub(super) fn scope(&self) -> Val<Scope> {
        self.scope.clone()
    }

    /// A resource, added if it is not there yet.
    pub(super) fn add<R: Resource>(&mut self, name: &str, resource: R) -> Handle<R> {
        self.add_after(name, resource, [])
    }

    /// A resource that is made after others without referring to them, added if it is not there yet.
    pub(super) fn add_after<R: Resource, const N: usize>(
        &mut self,
        name: &str,
        resource: R,
        after: [&Address; N],
    ) -> Handle<R> {
        let address: Address = format!("{}/{name}", R::KIND).parse().expect("an address");
        if self.made.insert(address.clone()) {
            let after = after.into_iter().cloned().collect();
            self.stack.add_with(name, resource, Options { after, ..Options::default() });
        }
        address.into()
    }

    /// A derived value, added if it is not there yet.
    pub(super) fn derive<D: Derived>(
        &mut self,
        name: &str,
        derived: D,
    ) -> <D::Outputs as Outputs>::Handle {
        let address: Address = format!("{}/{name}", D::KIND).parse().expect("an address");
        if self.made.insert(address.clone()) {
            self.stack.derive(name, derived);
        }
        address.into()
    }

    /// A zone of the region, by its letter.
    pub(super) fn zone(letter: &str) -> Zone {
        format!("{REGION}{letter}").as_str().into()
    }

    /// A VPC of 10.0.0.0/16.
    pub(super) fn vpc(&mut self) -> VpcHandle {
        self.add("one", Vpc::new(self.scope(), cidr("10.0.0.0/16")))
    }

    /// Another VPC, of 10.1.0.0/16.
    pub(super) fn other_vpc(&mut self) -> VpcHandle {
        self.add("two", Vpc::new(self.scope(), cidr("10.1.0.0/16")))
    }

    /// A third VPC, of 10.2.0.0/16.
    pub(super) fn third_vpc(&mut self) -> VpcHandle {
        self.add("three", Vpc::new(self.scope(), cidr("10.2.0.0/16")))
    }

    /// The subnet of the VPC in a zone: `a`, `b` or `c`.
    pub(super) fn subnet(&mut self, letter: &str) -> SubnetHandle {
        let third = 100 + letter.as_bytes()[0] - b'a';
        let block = cidr(&format!("10.0.{third}.0/24"));
        let vpc = self.vpc();
        self.add(letter, Subnet::new(self.scope(), vpc.id(), block, Self::zone(letter)))
    }

    /// A security group of the VPC.
    pub(super) fn group(&mut self, name: &str) -> SecurityGroupHandle {
        let vpc = self.vpc();
        self.add(name, SecurityGroup::new(self.scope(), vpc.id(), "for a test"))
    }

    /// A role that a service of AWS can take on. The object is made when it has these of AWS's policies.
    pub(super) fn role(&mut self, name: &str, service: &str, policies: &[&str]) -> RoleHandle {
        let role = self.add(name, Role::new(self.scope(), trust(service)));
        for policy in policies {
            let arn = Arn::from(format!("arn:aws:iam::aws:policy/{policy}"));
            let attachment = RolePolicyAttachment::new(self.scope(), role.name(), arn.into());
            let last = policy.rsplit('/').next().unwrap_or(policy);
            let attachment = self.add(&format!("{name}-{}", last.to_lowercase()), attachment);
            self.before.insert(attachment.address().clone());
        }
        role
    }
}

type Handle<R> = <<R as Resource>::Outputs as Outputs>::Handle;

/// A block of addresses.
pub(super) fn cidr(text: &str) -> Cidr {
    text.parse().expect("a block")
}

/// A trust policy for a service of AWS.
pub(super) fn trust(service: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
        }],
    })
}

/// A trust policy for whoever the account lets.
pub(super) fn trust_of_account() -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
            "Action": "sts:AssumeRole",
        }],
    })
}
