//! One program with all of it, in two versions.

use crate::harness::{ACCOUNT, REGION, Wire};
use groundplan::{
    Options, Stack, Val,
    aws::{
        Arn, Scope, Tags,
        cloudwatch::{Alarm, Comparison, Dashboard, Metric},
        ec2::{
            FlowLog, FlowLogDestination, FlowLogSource, LaunchTemplate, RouteTable, SecurityGroup,
            Subnet, Vpc, VpcEndpoint, VpcHandle,
        },
        ecr::{LifecyclePolicy, Repository, RepositoryPolicy, TagMutability},
        iam::{InstanceProfile, Policy, Role, RoleHandle},
        kms::{Alias, Key, KeyHandle, KeyPolicy},
        logs::{LogGroup, LogResourcePolicy},
    },
    json, json_text,
};

/// Two versions differ in everything that can change in place.
struct Program {
    stack: Stack,
    scope: Val<Scope>,
    second: bool,
}

/// The first version.
pub(crate) fn first(wire: &Wire) -> Stack {
    program(wire, false)
}

/// One in which everything changes that can change in place.
pub(crate) fn second(wire: &Wire) -> Stack {
    program(wire, true)
}

fn program(wire: &Wire, second: bool) -> Stack {
    let (stack, scope) = wire.stack();
    let mut program = Program { stack, scope, second };
    let key = program.keys(wire.name());
    let roles = program.roles();
    program.logs(wire.name(), &key, &roles);
    program.images(&key);
    program.alarms(wire.name());
    program.stack
}

impl Program {
    fn scope(&self) -> Val<Scope> {
        self.scope.clone()
    }

    /// Of the two versions' values this one's.
    fn one<T>(&self, first: T, second: T) -> T {
        if self.second { second } else { first }
    }

    fn tags(&self) -> Tags {
        Tags::from([("team".to_owned(), self.one("data", "platform").to_owned())])
    }

    fn keys(&mut self, name: &str) -> KeyHandle {
        let key = Key {
            rotation_days: Some(self.one(365, 180)),
            tags: self.tags(),
            ..Key::new(self.scope(), self.one("of the platform", "of the team"))
        };
        let key = self.stack.add("main", key);
        let other = self.stack.add("other", Key::new(self.scope(), "for a change"));
        let behind = self.one(key.arn(), other.arn());
        self.stack.add("main", Alias::new(self.scope(), format!("alias/{name}"), behind));
        let service = format!("logs.{REGION}.amazonaws.com");
        let more = self.one("kms:Decrypt*", "kms:ReEncrypt*");
        let allow = |principal, actions| json!({ "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*" });
        let document = json_text!({ "Version": "2012-10-17", "Statement": [
            allow(json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") }), json!("kms:*")),
            allow(json!({ "Service": service }), json!(["kms:Encrypt*", more])),
        ] });
        self.stack.add("main", KeyPolicy::new(self.scope(), key.arn(), document));
        key
    }

    fn roles(&mut self) -> RoleHandle {
        let document = allows(self.one("ec2:DescribeSubnets", "ec2:DescribeVpcs"));
        let policy = Policy {
            path: "/platform/".into(),
            tags: self.tags(),
            ..Policy::new(self.scope(), document)
        };
        let policy = self.stack.add("most", policy);
        let [role, other] = ["flows", "others"].map(|name| {
            let role = Role {
                path: "/platform/".into(),
                permissions_boundary: Some(policy.arn()),
                ..Role::new(self.scope(), trust())
            };
            self.stack.add(name, role)
        });
        let held = self.one(role.name(), other.name());
        let profile =
            InstanceProfile { tags: self.tags(), ..InstanceProfile::new(self.scope(), held) };
        self.stack.add("machines", profile);
        role
    }

    fn network(&mut self) -> VpcHandle {
        let block = |text: &str| text.parse().expect("a block");
        let vpc = self.stack.add("main", Vpc::new(self.scope(), block("10.0.0.0/16")));
        let zone = format!("{REGION}a").as_str().into();
        let subnet = Subnet::new(self.scope(), vpc.id(), block("10.0.0.0/24"), zone);
        let subnet = self.stack.add("main", subnet);
        let group = SecurityGroup::new(self.scope(), vpc.id(), "endpoints");
        let group = self.stack.add("main", group);
        let table = self.stack.add("main", RouteTable::new(self.scope(), vpc.id()));
        let through = self.one(None, Some(everybody("s3:Get*")));
        let gateway = VpcEndpoint::gateway(self.scope(), vpc.id(), "s3", [table.id()]);
        let gateway = VpcEndpoint { policy: through, tags: self.tags(), ..gateway };
        self.stack.add("s3", gateway);
        let interface =
            VpcEndpoint::interface(self.scope(), vpc.id(), "sts", [subnet.id()], group.id());
        let interface = VpcEndpoint { private_dns: self.one(true, false), ..interface };
        self.stack.add("sts", interface);
        let template = LaunchTemplate {
            instance_type: Some(self.one("m6i.large", "m7i.large").into()),
            security_groups: vec![group.id()],
            tags: self.tags(),
            ..LaunchTemplate::new(self.scope())
        };
        self.stack.add("machines", template);
        vpc
    }

    fn logs(&mut self, name: &str, key: &KeyHandle, role: &RoleHandle) {
        let group = LogGroup {
            kms_key: self.one(None, Some(key.arn())),
            tags: self.tags(),
            ..LogGroup::new(self.scope(), self.one(30, 90))
        };
        // The service may use the key before it is told to.
        let after = [groundplan::Address::new("kms.key_policy", "main").expect("an address")];
        let after = Options { after: after.into(), ..Options::default() };
        let group = self.stack.add_with("flows", group, after);
        let document = json_text!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "es.amazonaws.com" },
            "Action": self.one("logs:PutLogEvents", "logs:CreateLogStream"),
            "Resource": "*",
        }] });
        self.stack.add("search", LogResourcePolicy::new(self.scope(), name, document));
        let vpc = self.network();
        let to = FlowLogDestination::LogGroup { group: group.arn(), role: role.arn() };
        let flows = FlowLog::new(self.scope(), FlowLogSource::Vpc(vpc.id()), to);
        self.stack.add("main", FlowLog { tags: self.tags(), ..flows });
    }

    fn images(&mut self, key: &KeyHandle) {
        let repository = Repository {
            mutability: self.one(TagMutability::Mutable, TagMutability::Immutable),
            scan_on_push: self.second,
            kms_key: Some(key.arn()),
            tags: self.tags(),
            ..Repository::new(self.scope())
        };
        let repository = self.stack.add("frontend", repository).name();
        let keeps = json_text!({ "rules": [{
            "rulePriority": 1,
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": self.one(10, 30),
            },
            "action": { "type": "expire" },
        }] });
        let policy = LifecyclePolicy::new(self.scope(), repository.clone(), keeps);
        self.stack.add("frontend", policy);
        let pulls = json_text!({ "Version": "2012-10-17", "Statement": [{
            "Sid": "pull",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
            "Action": self.one("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        }] });
        self.stack.add("frontend", RepositoryPolicy::new(self.scope(), repository, pulls));
    }

    fn alarms(&mut self, name: &str) {
        let metric = Metric {
            namespace: "AWS/RDS".into(),
            name: "CPUUtilization".into(),
            dimensions: [("DBInstanceIdentifier".to_owned(), "main".into())].into(),
            statistic: "Average".into(),
            period_seconds: 60,
            unit: None,
        };
        let threshold = self.one(80.0, 90.0);
        let topic = Arn::from(format!("arn:aws:sns:{REGION}:{ACCOUNT}:operators"));
        let alarm = Alarm {
            alarm_actions: vec![topic.into()],
            tags: self.tags(),
            ..Alarm::new(self.scope(), metric, Comparison::GreaterThanThreshold, threshold, 3)
        };
        self.stack.add("busy", alarm);
        let body = json_text!({ "widgets": [{
            "type": "text", "x": 0, "y": 0, "width": self.one(6, 12), "height": 3,
            "properties": { "markdown": "# platform" },
        }] });
        self.stack.add("main", Dashboard::new(self.scope(), name, body));
    }
}

fn allows(action: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": [action], "Resource": "*" }],
    })
}

fn everybody(action: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*" }],
    })
}

fn trust() -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": ["vpc-flow-logs.amazonaws.com", "ec2.amazonaws.com"] },
            "Action": "sts:AssumeRole",
        }],
    })
}
