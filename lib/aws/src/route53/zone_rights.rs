//! The rights that a zone's verbs take.

use groundplan_core::{Hole, Iam, When};

pub(super) const IAM: Iam = Iam {
    object: "route53:hostedzone",
    holes: &[("zone", Hole::Output("id"))],
    search: &[
        "route53:ListHostedZones",
        "route53:ListHostedZonesByName",
        "route53:GetHostedZone",
        "route53:ListTagsForResources",
    ],
    observe: &[
        "route53:GetHostedZone",
        "route53:ListHostedZonesByName",
        "route53:ListTagsForResources",
    ],
    create: &[
        "route53:CreateHostedZone",
        "ec2:DescribeVpcs",
        "route53:ChangeTagsForResource",
        "route53:GetHostedZone",
        "route53:ListHostedZonesByName",
        "route53:ListTagsForResources",
        "route53:AssociateVPCWithHostedZone",
        "route53:GetChange",
    ],
    converge: &[
        "route53:GetHostedZone",
        "route53:ListTagsForResources",
        "route53:ChangeTagsForResource",
        "route53:UpdateHostedZoneComment",
        "route53:AssociateVPCWithHostedZone",
        "route53:DisassociateVPCFromHostedZone",
        "ec2:DescribeVpcs",
        "route53:GetChange",
    ],
    delete: &[
        "route53:GetHostedZone",
        "route53:ListTagsForResources",
        "route53:ListResourceRecordSets",
        "route53:ChangeResourceRecordSets",
        "route53:DeleteHostedZone",
    ],
    only: &[
        ("route53:ChangeTagsForResource", When::Changes(&["tags"])),
        ("route53:UpdateHostedZoneComment", When::Changes(&["comment"])),
        ("ec2:DescribeVpcs", When::Given("vpcs")),
        ("ec2:DescribeVpcs", When::Changes(&["vpcs"])),
        ("route53:AssociateVPCWithHostedZone", When::Given("vpcs")),
        ("route53:AssociateVPCWithHostedZone", When::Changes(&["vpcs"])),
        ("route53:DisassociateVPCFromHostedZone", When::Changes(&["vpcs"])),
        ("route53:GetChange", When::Given("vpcs")),
        ("route53:GetChange", When::Changes(&["vpcs"])),
        ("route53:ListResourceRecordSets", When::Leaves("force_destroy", "true")),
        ("route53:ChangeResourceRecordSets", When::Leaves("force_destroy", "true")),
    ],
    ..Iam::NONE
};
