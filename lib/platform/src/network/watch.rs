//! What does not have to leave the network, and a record of what goes through it.

use super::Building;
use crate::{
    documents::{Statement, policy, trust_service},
    names::after,
};
use groundplan_aws::{
    ec2::{FlowLog, FlowLogDestination, FlowLogSource, RouteTableHandle, VpcEndpoint},
    iam::{Role, RolePolicy},
    logs::LogGroup,
};
use groundplan_core::{Address, text};

impl Building<'_> {
    /// A way to S3, for what uses these tables, that costs nothing: images of ECR come from there, and would
    /// be paid for by the gigabyte through a NAT gateway.
    pub(super) fn storage(&mut self, tables: &[RouteTableHandle]) -> Option<Address> {
        if tables.is_empty() {
            return None;
        }
        let name = self.part("s3", None);
        let tables = tables.iter().map(RouteTableHandle::id);
        let endpoint = VpcEndpoint::gateway(self.scope(), self.vpc.id(), "s3", tables);
        let endpoint = VpcEndpoint { tags: self.tags(&name), ..endpoint };
        Some(self.stack.add(&name, endpoint).address().clone())
    }

    /// A record of all traffic, kept for so many days.
    pub(super) fn flow_log(&mut self, days: u32) {
        let (name, scope) = (self.part("flow", None), self.scope());
        let tags = self.network.tags.clone();
        let group = LogGroup { tags: tags.clone(), ..LogGroup::new(scope.clone(), days) };
        let group = self.stack.add(&name, group);
        let trust = trust_service("vpc-flow-logs.amazonaws.com");
        let role = Role { tags, ..Role::new(scope.clone(), trust) };
        let role = self.stack.add(&name, role);
        let writes = Statement::allow(
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [text!("{}", group.arn()), text!("{}:*", group.arn())],
        );
        let finds = Statement::allow(["logs:DescribeLogGroups"], ["*".into()]);
        let may = RolePolicy::new(scope.clone(), role.name(), "write", policy(&[writes, finds]));
        let may = self.stack.add(&name, may);
        let to = FlowLogDestination::LogGroup { group: group.arn(), role: role.arn() };
        let log = FlowLog::new(scope, FlowLogSource::Vpc(self.vpc.id()), to);
        let log = FlowLog { tags: self.tags(&name), ..log };
        // Records that nobody may write yet are lost.
        self.stack.add_with(&name, log, after([may.address()]));
    }
}
