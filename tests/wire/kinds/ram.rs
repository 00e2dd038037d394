//! Shares, what is in them, and who may use them.

use super::{ground::Ground, organizations::a_unit_arn, specimen::Specimen, specimens};
use groundplan::aws::{
    Arn, Scope,
    account::AccountIdentity,
    ram::{Acceptance, OrganizationSharing, PrincipalAssociation, ResourceAssociation, Share},
};
use groundplan::{Val, text};

specimens![acceptance, organization_sharing, principal_association, resource_association, share];

/// An account outside the organization.
const GUEST: &str = "210987654321";

fn share() -> Specimen<Share> {
    Specimen::new("share", |ground| Share::new(ground.scope(), "subnets"))
        .tags(|share| &mut share.tags)
        .update("name", |share, _| share.name = "networks".into())
        .update("allow_external_principals", |share, _| share.allow_external_principals = true)
        .replace("permissions", |share, _| {
            let permission = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionSubnet";
            share.permissions.push(permission.into());
        })
}

fn resource_association() -> Specimen<ResourceAssociation> {
    Specimen::new("shared-resource", |ground| {
        switch_on(ground);
        let (share, subnet) = (a_share(ground, "one"), ground.subnet("a").arn());
        ResourceAssociation::new(ground.scope(), share, subnet)
    })
    .replace("resource", |association, ground| association.resource = ground.subnet("b").arn())
    .replace("share", |association, ground| association.share = a_share(ground, "two"))
}

fn principal_association() -> Specimen<PrincipalAssociation> {
    Specimen::new("principal", |ground| {
        switch_on(ground);
        let (share, unit) = (a_share(ground, "one"), a_unit_arn(ground, "one"));
        PrincipalAssociation::new(ground.scope(), share, text!("{}", unit))
    })
    .replace("principal", |association, ground| {
        association.principal = text!("{}", a_unit_arn(ground, "two"));
    })
    .replace("share", |association, ground| association.share = a_share(ground, "two"))
}

fn organization_sharing() -> Specimen<OrganizationSharing> {
    Specimen::new("org-sharing", |ground| OrganizationSharing::new(ground.scope()))
}

fn acceptance() -> Specimen<Acceptance> {
    Specimen::new("invited", |ground| {
        let share = offered(ground, "one");
        Acceptance::new(guest(ground), share)
    })
    .replace("share", |acceptance, ground| acceptance.share = offered(ground, "two"))
}

/// Sharing within the organization.
fn switch_on(ground: &mut Ground) {
    let on = OrganizationSharing::new(ground.scope());
    let on = ground.add("the", on);
    ground.before.insert(on.address().clone());
}

fn a_share(ground: &mut Ground, name: &str) -> Val<Arn> {
    let share = Share::new(ground.scope(), name);
    ground.add(name, share).arn()
}

/// A share to which the guest is invited.
fn offered(ground: &mut Ground, name: &str) -> Val<Arn> {
    let share = Share { allow_external_principals: true, ..Share::new(ground.scope(), name) };
    let share = ground.add(name, share).arn();
    let invited = PrincipalAssociation::new(ground.scope(), share.clone(), GUEST.into());
    let invited = ground.add(name, invited);
    ground.before.insert(invited.address().clone());
    share
}

fn guest(ground: &mut Ground) -> Val<Scope> {
    let role = format!("arn:aws:iam::{GUEST}:role/groundplan-guest");
    let guest = AccountIdentity {
        role: Some(role.into()),
        ..AccountIdentity::new(GUEST, crate::harness::REGION)
    };
    ground.derive("guest", guest).scope()
}
