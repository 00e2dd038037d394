//! What the CloudFormation stack `legacy` made.

use groundplan::{Options, Stack, Val, json_text, aws::{Arn, Scope, Tags, ec2, iam, rds}};
use std::collections::BTreeSet;

/// Adds everything to a stack.
pub(crate) fn declare(stack: &mut Stack, scope: &Val<Scope>) {
    let vpc = ec2::Vpc {
        dns_hostnames: false,
        tags: tags([("Name", "legacy")]),
        ..ec2::Vpc::new(scope.clone(), "10.60.0.0/16".parse().expect("a block"))
    };
    let vpc = stack.add_with("vpc", vpc, existing("vpc-00000001"));
    let data_a = ec2::Subnet::new(
        scope.clone(),
        vpc.id(),
        "10.60.1.0/24".parse().expect("a block"),
        "eu-west-1a".into(),
    );
    let data_a = stack.add_with("data-a", data_a, existing("subnet-00000002"));
    let data_b = ec2::Subnet::new(
        scope.clone(),
        vpc.id(),
        "10.60.2.0/24".parse().expect("a block"),
        "eu-west-1b".into(),
    );
    let data_b = stack.add_with("data-b", data_b, existing("subnet-00000003"));
    let igw = ec2::InternetGateway::new(scope.clone());
    let igw = stack.add_with("igw", igw, existing("igw-00000004"));
    let public_table = ec2::RouteTable::new(scope.clone(), vpc.id());
    let public_table = stack.add_with(
        "public-table",
        public_table,
        existing("rtb-00000005"),
    );
    let database_group = ec2::SecurityGroup::new(scope.clone(), vpc.id(), "for the database");
    let database_group = stack.add_with(
        "database-group",
        database_group,
        existing("sg-00000006"),
    );
    let database_subnets = rds::SubnetGroup {
        description: "for the database".to_owned(),
        ..rds::SubnetGroup::new(scope.clone(), vec![data_a.id(), data_b.id()])
    };
    let database_subnets = stack.add_with(
        "database-subnets",
        database_subnets,
        existing("legacy-database"),
    );
    let database = rds::Instance {
        master_username: "admin".to_owned(),
        multi_az: false,
        log_exports: BTreeSet::new(),
        deletion_protection: false,
        ..rds::Instance::new(
            scope.clone(),
            rds::Engine::MySql,
            "8.0.40",
            "db.t4g.medium",
            50,
            database_subnets.name(),
            vec![database_group.id()],
        )
    };
    stack.add_with("database", database, existing("legacy-database"));
    let app_role = iam::Role::new(
        scope.clone(),
        json_text!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "sts:AssumeRole",
                    "Effect": "Allow",
                    "Principal": { "Service": "ec2.amazonaws.com" },
                },
            ],
        }),
    );
    let app_role = stack.add_with("app-role", app_role, existing("legacy-app"));
    let app_profile = iam::InstanceProfile::new(scope.clone(), app_role.name());
    stack.add_with("app-profile", app_profile, existing("legacy-app"));
    let igw_gateway_attachment = ec2::GatewayAttachment::new(scope.clone(), igw.id(), vpc.id());
    let igw_gateway_attachment = stack.add_with(
        "igw",
        igw_gateway_attachment,
        existing("igw-00000004:vpc-00000001"),
    );
    let public_table_default = ec2::Route::new(
        scope.clone(),
        public_table.id(),
        "0.0.0.0/0".parse().expect("a block"),
        ec2::RouteTarget::Gateway(igw_gateway_attachment.gateway()),
    );
    stack.add_with(
        "public-table-default",
        public_table_default,
        existing("rtb-00000005/0.0.0.0/0"),
    );
    let database_group_out_all = ec2::SecurityGroupRule::new(
        scope.clone(),
        database_group.id(),
        ec2::Direction::Egress,
        ec2::Protocol::All,
        None,
        ec2::RulePeer::Cidr("0.0.0.0/0".parse().expect("a block")),
    );
    stack.add_with(
        "database-group-out-all",
        database_group_out_all,
        existing("sgr-00000007"),
    );
    let database_group_in_3306 = ec2::SecurityGroupRule::new(
        scope.clone(),
        database_group.id(),
        ec2::Direction::Ingress,
        ec2::Protocol::Tcp,
        Some(ec2::PortRange { from: 3306, to: 3306 }),
        ec2::RulePeer::Cidr("10.60.0.0/16".parse().expect("a block")),
    );
    stack.add_with(
        "database-group-in-3306",
        database_group_in_3306,
        existing("sgr-00000008"),
    );
    let app_role_queues = iam::RolePolicy::new(
        scope.clone(),
        app_role.name(),
        "queues",
        json_text!({
            "Version": "2012-10-17",
            "Statement": [{ "Action": ["sqs:SendMessage"], "Effect": "Allow", "Resource": "*" }],
        }),
    );
    stack.add_with("app-role-queues", app_role_queues, existing("legacy-app:queues"));
    let app_role_amazon_ssmmanaged_instance_core = iam::RolePolicyAttachment::new(
        scope.clone(),
        app_role.name(),
        Arn::from("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore").into(),
    );
    stack.add_with(
        "app-role-amazon-ssmmanaged-instance-core",
        app_role_amazon_ssmmanaged_instance_core,
        existing("legacy-app/arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
    );
}

/// What a resource is until an apply has taken it up; after that this may go.
fn existing(id: &str) -> Options {
    Options { import: Some(id.to_owned()), ..Options::default() }
}

fn tags<const N: usize>(tags: [(&str, &str); N]) -> Tags {
    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}
