//! Which kind a resource of a template is, and the id by which its object is known. Asks nobody.

use super::stack::CloudResource;
use crate::Scope;
use groundplan_core::Address;
use std::collections::BTreeSet;

/// What becomes of a resource of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mapped {
    /// An object of this kind and id.
    Object(&'static str, String),
    /// An elastic IP, of which CloudFormation only knows the address.
    Ip(String),
    /// Part of another object, which is looked at for its parts: a route of its table.
    Part(Part),
    /// Nothing that anybody misses.
    Nothing,
    /// It stays, and nothing here knows of it; why.
    Left(&'static str),
}

/// What a part is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The type of that one.
    pub(super) whole: &'static str,
    /// The property that says which one.
    pub(super) property: &'static str,
}

/// Types whose physical id is the id of an object of a kind.
const SAME: &[(&str, &str)] = &[
    ("AWS::CloudWatch::Alarm", "cloudwatch.alarm"),
    ("AWS::CloudWatch::Dashboard", "cloudwatch.dashboard"),
    ("AWS::EC2::FlowLog", "ec2.flow_log"),
    ("AWS::EC2::InternetGateway", "ec2.internet_gateway"),
    ("AWS::EC2::NatGateway", "ec2.nat_gateway"),
    ("AWS::EC2::RouteTable", "ec2.route_table"),
    ("AWS::EC2::SecurityGroup", "ec2.security_group"),
    ("AWS::EC2::Subnet", "ec2.subnet"),
    ("AWS::EC2::VPC", "ec2.vpc"),
    ("AWS::EC2::VPCEndpoint", "ec2.vpc_endpoint"),
    ("AWS::ECR::Repository", "ecr.repository"),
    ("AWS::EKS::Cluster", "eks.cluster"),
    ("AWS::IAM::InstanceProfile", "iam.instance_profile"),
    ("AWS::IAM::ManagedPolicy", "iam.policy"),
    ("AWS::IAM::OIDCProvider", "iam.oidc_provider"),
    ("AWS::IAM::Role", "iam.role"),
    ("AWS::KMS::Alias", "kms.alias"),
    ("AWS::KMS::Key", "kms.key"),
    ("AWS::Logs::LogGroup", "logs.group"),
    ("AWS::Logs::ResourcePolicy", "logs.resource_policy"),
    ("AWS::MSK::Cluster", "kafka.cluster"),
    ("AWS::MSK::Configuration", "kafka.configuration"),
    ("AWS::OpenSearchService::Domain", "opensearch.domain"),
    ("AWS::RDS::DBInstance", "rds.instance"),
    ("AWS::RDS::DBParameterGroup", "rds.parameter_group"),
    ("AWS::RDS::DBSubnetGroup", "rds.subnet_group"),
    ("AWS::S3::Bucket", "s3.bucket"),
];

/// Types that are parts of another, with the type of that one and the property that names it.
const PARTS: &[(&str, &str, &str)] = &[
    ("AWS::EC2::Route", "AWS::EC2::RouteTable", "RouteTableId"),
    ("AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::RouteTable", "RouteTableId"),
    ("AWS::EC2::VPCGatewayAttachment", "AWS::EC2::InternetGateway", "InternetGatewayId"),
    ("AWS::IAM::Policy", "AWS::IAM::Role", "Roles"),
    ("AWS::IAM::RolePolicy", "AWS::IAM::Role", "RoleName"),
];

/// What a resource is. `known` tells which kinds there are.
pub(super) fn of(resource: &CloudResource, known: impl Fn(&str) -> bool) -> Mapped {
    let (of, physical) = (resource.of.as_str(), resource.physical.as_str());
    let same = SAME.iter().find(|(same, kind)| *same == of && known(kind));
    if let Some((_, kind)) = same {
        return Mapped::Object(kind, physical.to_owned());
    }
    if let Some((_, whole, property)) = PARTS.iter().find(|(part, ..)| *part == of) {
        return Mapped::Part(Part { whole, property });
    }
    match of {
        "AWS::EC2::EIP" => Mapped::Ip(physical.to_owned()),
        "AWS::EKS::Nodegroup" => Mapped::Object("eks.node_group", physical.replacen('/', ":", 1)),
        "AWS::EKS::Addon" => Mapped::Object("eks.addon", physical.replacen('|', ":", 1)),
        "AWS::EKS::AccessEntry" => match physical.split_once('|') {
            Some((principal, cluster)) => {
                Mapped::Object("eks.access_entry", format!("{cluster}:{principal}"))
            }
            None => Mapped::Left("its id does not say of which cluster it is"),
        },
        "AWS::CDK::Metadata" | "AWS::CloudFormation::WaitConditionHandle" => Mapped::Nothing,
        "AWS::SecretsManager::Secret" => Mapped::Left(
            "what makes its value is not read: declare a `secretsmanager::Secret`, then `apply import` it by name",
        ),
        _ if is_custom(of) => {
            Mapped::Left("a custom resource: only the code behind it knows what it made")
        }
        _ => Mapped::Left("no kind is like it"),
    }
}

/// Whether somebody's own code makes and removes a resource.
pub(super) fn is_custom(of: &str) -> bool {
    of.starts_with("Custom::") || of == "AWS::CloudFormation::CustomResource"
}

/// The address of the object of a kind that a template calls so, beside those that are taken.
pub(super) fn address(kind: &str, logical: &str, taken: &mut BTreeSet<Address>) -> Address {
    let name = name(logical);
    let tries = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}-{n}")));
    let address = tries
        .map(|name| Address::new(kind, &name).expect("BUG: only what a name may have is left"))
        .find(|address| !taken.contains(address))
        .expect("BUG: there is always another number");
    taken.insert(address.clone());
    address
}

/// A name in the way of programs: `VpcPublicSubnet1Subnet5C2D37C4` is `vpc-public-subnet1-subnet`. The CDK puts
/// eight digits behind its own names, which say nothing to people.
pub(super) fn name(logical: &str) -> String {
    const LONGEST: usize = 80;
    let digits =
        |tail: &str| tail.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    let cut = logical.len().saturating_sub(8);
    let bare = match logical.split_at_checked(cut) {
        Some((head, tail)) if !head.is_empty() && tail.len() == 8 && digits(tail) => head,
        _ => logical,
    };
    let mut name = String::new();
    let mut before = '-';
    for letter in bare.chars() {
        let breaks =
            letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit());
        if breaks || !letter.is_ascii_alphanumeric() {
            name.push('-');
        }
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    let mut parts: Vec<_> = name.split('-').filter(|part| !part.is_empty()).collect();
    parts.dedup();
    let mut name = parts.join("-");
    name.truncate(LONGEST);
    if name.is_empty() { "it".to_owned() } else { name }
}

/// The ARN of a key.
pub(super) fn key_arn(scope: &Scope, id: &str) -> String {
    if id.starts_with("arn:") {
        return id.to_owned();
    }
    let Scope { partition, region, account, .. } = scope;
    format!("arn:{partition}:kms:{region}:{account}:key/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(of_type: &str, physical: &str) -> Mapped {
        let resource = CloudResource {
            of: of_type.to_owned(),
            physical: physical.to_owned(),
            ..CloudResource::default()
        };
        let all = crate::registry();
        of(&resource, |kind| all.meta(kind).is_some())
    }

    #[test]
    fn a_resource_is_an_object_a_part_or_left_with_a_reason() {
        assert_eq!(mapped("AWS::EC2::VPC", "vpc-1"), Mapped::Object("ec2.vpc", "vpc-1".into()));
        let workers = Mapped::Object("eks.node_group", "hub:workers".into());
        assert_eq!(mapped("AWS::EKS::Nodegroup", "hub/workers"), workers);
        assert_eq!(
            mapped("AWS::EKS::Addon", "hub|coredns"),
            Mapped::Object("eks.addon", "hub:coredns".into())
        );
        let entry = Mapped::Object("eks.access_entry", "hub:arn:aws:iam::1:role/dev".into());
        assert_eq!(mapped("AWS::EKS::AccessEntry", "arn:aws:iam::1:role/dev|hub"), entry);
        let route = Part { whole: "AWS::EC2::RouteTable", property: "RouteTableId" };
        assert_eq!(mapped("AWS::EC2::Route", "x"), Mapped::Part(route));
        assert_eq!(mapped("AWS::CDK::Metadata", "x"), Mapped::Nothing);
        assert_eq!(mapped("AWS::SQS::Queue", "x"), Mapped::Left("no kind is like it"));
        assert!(matches!(mapped("Custom::Seed", "x"), Mapped::Left(why) if why.contains("custom")));
    }

    /// A kind that is renamed or taken out would silently be left.
    #[test]
    fn every_kind_of_the_table_is_there() {
        let all = crate::registry();
        let kinds = SAME.iter().map(|(_, kind)| *kind).filter(|kind| *kind != "s3.bucket");
        let missing: Vec<_> = kinds.filter(|kind| all.meta(kind).is_none()).collect();
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn names_are_what_people_would_have_chosen() {
        for (logical, wanted) in [
            ("Vpc", "vpc"),
            ("VpcPublicSubnet1Subnet5C2D37C4", "vpc-public-subnet1-subnet"),
            ("DB", "db"),
            ("VPCDD0A12F4", "vpc"),
            ("AppRole", "app-role"),
            ("DatabaseB269D8BB", "database"),
            ("1", "1"),
        ] {
            assert_eq!(name(logical), wanted, "{logical}");
        }
        let mut taken = BTreeSet::new();
        let names = ["Vpc", "Vpc8378EB38"].map(|l| address("ec2.vpc", l, &mut taken).to_string());
        assert_eq!(names, ["ec2.vpc/vpc", "ec2.vpc/vpc-2"]);
    }
}
