//! `ec2.flow_log`: a record of what goes through a network.

use super::{
    read::{all, by_mark, filter, filters, once_parents_show, until_gone, until_visible},
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Arn, Clients, CxAws, FlowLogId, Scope, SubnetId, Tags, VpcId,
    fault::{absent, fault, incomplete},
    found::{Listed, pages, see, see_marked},
    scope,
    taking::assigned,
};
use aws_sdk_ec2::types::{
    self, DestinationFileFormat, DestinationOptionsRequest, FlowLogsResourceType,
    LogDestinationType, ResourceType, UnsuccessfulItem,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Mark, Marked, Meta,
    Near, Problems, Resource, Result, Seen, StepCx, Typical, Val, Wanted, When, json, to_json,
};
use serde::{Deserialize, Serialize};

/// A record of who talked to whom in a VPC or a subnet. Nothing but its tags can change: anything else
/// makes another one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FlowLog {
    /// The account and region.
    pub scope: Val<Scope>,
    /// What is watched.
    pub of: FlowLogSource,
    /// What of its traffic is recorded.
    pub traffic: FlowLogTraffic,
    /// Where records go.
    pub to: FlowLogDestination,
    /// The fields of a record, e.g. `${version} ${vpc-id} ${srcaddr}`; AWS' own choice if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Over how long packets of one flow are put together: 60 or 600.
    pub interval_seconds: u32,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// What a flow log watches.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowLogSource {
    /// All of a VPC.
    Vpc(Val<VpcId>),
    /// A subnet.
    Subnet(Val<SubnetId>),
}

/// What of the traffic is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FlowLogTraffic {
    /// What security groups and network ACLs let through.
    Accept,
    /// What they do not.
    Reject,
    /// Both.
    All,
}

/// Where records go.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowLogDestination {
    /// To a log group.
    LogGroup {
        /// The group.
        group: Val<Arn>,
        /// The role by which `vpc-flow-logs.amazonaws.com` writes to it.
        role: Val<Arn>,
    },
    /// To a bucket, whose policy lets `delivery.logs.amazonaws.com` write to it.
    Bucket {
        /// The bucket, or a folder in it: `arn:aws:s3:::logs/vpc/`.
        bucket: Val<Arn>,
        /// Whether records are written as Parquet, which queries read for a tenth of the price of text.
        parquet: bool,
        /// Whether folders are named in the way of Hive: `year=2027/`.
        hive: bool,
        /// Whether each hour has a folder of its own, and not each day.
        hourly: bool,
    },
}

impl FlowLog {
    /// A record of all traffic, put together over ten minutes.
    pub fn new(scope: Val<Scope>, of: FlowLogSource, to: FlowLogDestination) -> Self {
        Self {
            scope,
            of,
            traffic: FlowLogTraffic::All,
            to,
            format: None,
            interval_seconds: 600,
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`FlowLog`].
    pub struct FlowLogOutputs -> FlowLogHandle {
        /// The id.
        id: FlowLogId,
    }
}

impl Listed for types::FlowLog {
    fn id(&self) -> &str {
        self.flow_log_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        [self.resource_id(), self.log_destination()].map(Option::unwrap_or_default).join(", ")
    }
}

impl Resource for FlowLog {
    const KIND: &'static str = "ec2.flow_log";
    const META: Meta = Meta {
        immutable: &[
            "scope.account",
            "scope.region",
            "of",
            "traffic",
            "to",
            "format",
            "interval_seconds",
        ],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::ClientToken,
        iam: Iam {
            object: "ec2:vpc-flow-log",
            holes: &[
                ("vpc-flow-log", Hole::Output("id")),
                ("vpc", Hole::Input("of.vpc")),
                ("subnet", Hole::Input("of.subnet")),
                ("passed", Hole::Input("to.log_group.role")),
                ("to", Hole::Text("vpc-flow-logs.amazonaws.com")),
            ],
            search: &["ec2:DescribeFlowLogs"],
            observe: &["ec2:DescribeFlowLogs"],
            create: &[
                "ec2:CreateFlowLogs",
                "ec2:CreateTags",
                "ec2:DescribeFlowLogs",
                "iam:PassRole",
                "logs:CreateLogDelivery",
            ],
            converge: &["ec2:DescribeFlowLogs", "ec2:CreateTags", "ec2:DeleteTags"],
            delete: &["ec2:DeleteFlowLogs", "ec2:DescribeFlowLogs", "logs:DeleteLogDelivery"],
            only: &[
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
                ("iam:PassRole", When::Given("to.log_group.role")),
                ("logs:CreateLogDelivery", When::Given("to.bucket")),
                ("logs:DeleteLogDelivery", When::Leaves("to.log_group", "null")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 1, 2),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = FlowLogOutputs;

    fn validate(&self, problems: &mut Problems) {
        problems.require(
            [60, 600].contains(&self.interval_seconds),
            "interval_seconds",
            format!("{} is neither 60 nor 600", self.interval_seconds),
        );
        if let Some(format) = &self.format {
            let fields = |part: &str| {
                part.strip_prefix("${").is_some_and(|rest| rest.ends_with('}') && rest.len() > 1)
            };
            problems.require(
                !format.is_empty() && format.split(' ').all(fields),
                "format",
                "is no list of fields such as `${version} ${srcaddr}`, with one space between",
            );
        }
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<FlowLogOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws, filters(cx, wanted, "flow-log-id", |o| o.id.as_str())).await?;
        Ok(see(&listed, wanted, |o| o.id.as_str(), live))
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<FlowLogOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        Ok(see_marked(&list(&aws, by_mark(mark)).await?, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<FlowLogOutputs> {
        let action = "ec2:CreateFlowLogs";
        let aws = cx.aws(self.scope.get()).await?;
        let made = once_parents_show(cx, || async {
            let made = self.request(cx, &aws).send().await.map_err(fault(action))?;
            match made.unsuccessful() {
                [] => Ok(made),
                [failed, ..] => Err(refused(action, failed)),
            }
        });
        let made = made.await.map_err(|fault| {
            if !fault.is("FlowLogAlreadyExists") {
                return fault;
            }
            fault.hint("it is recorded in the same way already: delete that flow log, or send this one elsewhere")
        })?;
        let id = made.flow_log_ids().first().ok_or_else(|| incomplete(action, "flowLogIds"))?;
        Ok(FlowLogOutputs { id: id.as_str().into() })
    }

    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<FlowLogOutputs>>> {
        assigned(id, "fl", |id| FlowLogOutputs { id: id.into() })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: FlowLogOutputs,
        approved: &Fields,
    ) -> Result<FlowLogOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || describe(&aws, &live.id);
        let found = until_visible(cx, "the flow log to be listed", read).await?;
        sync_tags(cx, &aws.ec2, live.id.as_str(), found.tags(), &self.tags, approved).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &FlowLogOutputs) -> Result<()> {
        let action = "ec2:DeleteFlowLogs";
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = describe(&aws, &live.id).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), found.tags())?;
        let call = aws.ec2.delete_flow_logs().flow_log_ids(live.id.as_str()).send().await;
        if let Some(done) = absent(call.map_err(fault(action)))?
            && let [failed, ..] = done.unsuccessful()
        {
            absent(Err::<(), _>(refused(action, failed)))?;
        }
        until_gone(cx, "the flow log to be gone", || describe(&aws, &live.id)).await
    }
}

impl FlowLog {
    fn request(
        &self,
        cx: &StepCx,
        aws: &Clients,
    ) -> aws_sdk_ec2::operation::create_flow_logs::builders::CreateFlowLogsFluentBuilder {
        let (of, id) = match &self.of {
            FlowLogSource::Vpc(id) => (FlowLogsResourceType::Vpc, id.get().as_str()),
            FlowLogSource::Subnet(id) => (FlowLogsResourceType::Subnet, id.get().as_str()),
        };
        let call = aws
            .ec2
            .create_flow_logs()
            .client_token(cx.token())
            .resource_type(of)
            .resource_ids(id)
            .traffic_type(to_json(&self.traffic).as_str().unwrap_or_default().into())
            .set_log_format(self.format.clone())
            .max_aggregation_interval(i32::try_from(self.interval_seconds).unwrap_or(600))
            .tag_specifications(specification(cx, ResourceType::VpcFlowLog, &self.tags));
        match &self.to {
            FlowLogDestination::LogGroup { group, role } => call
                .log_destination_type(LogDestinationType::CloudWatchLogs)
                .log_destination(group.get().as_str())
                .deliver_logs_permission_arn(role.get().as_str()),
            FlowLogDestination::Bucket { bucket, parquet, hive, hourly } => {
                let format = match parquet {
                    true => DestinationFileFormat::Parquet,
                    false => DestinationFileFormat::PlainText,
                };
                let options = DestinationOptionsRequest::builder()
                    .file_format(format)
                    .hive_compatible_partitions(*hive)
                    .per_hour_partition(*hourly);
                call.log_destination_type(LogDestinationType::S3)
                    .log_destination(bucket.get().as_str())
                    .destination_options(options.build())
            }
        }
    }
}

/// What EC2 says of one of several, as a fault of the call.
fn refused(action: &str, item: &UnsuccessfulItem) -> Fault {
    let error = item.error();
    let code = error.and_then(|error| error.code()).unwrap_or("unknown");
    let why = error.and_then(|error| error.message()).unwrap_or("no reason given");
    let class = if code.ends_with(".NotFound") { Class::NotFound } else { Class::Invalid };
    Fault::new(class, format!("{action} failed"))
        .code(code)
        .why(why)
        .hint("mend what it names, then run the same command again")
}

fn live(log: &types::FlowLog) -> Live<FlowLogOutputs> {
    let id = log.resource_id().unwrap_or_default();
    let of = if id.starts_with("subnet-") { json!({ "subnet": id }) } else { json!({ "vpc": id }) };
    let mut fields = json!({
        "of": of,
        "traffic": log.traffic_type().map(aws_sdk_ec2::types::TrafficType::as_str),
        "to": destination(log),
        "interval_seconds": log.max_aggregation_interval(),
        "tags": live_tags(log.tags()),
    });
    // AWS tells its own choice of fields as if it had been asked for.
    if let Some(format) = log.log_format().filter(|format| *format != USUAL) {
        fields["format"] = format.into();
    }
    Live::new(FlowLogOutputs { id: log.flow_log_id().unwrap_or_default().into() }, fields)
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>
const USUAL: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

fn destination(log: &types::FlowLog) -> Json {
    let arn = log.log_destination();
    if log.log_destination_type() != Some(&LogDestinationType::S3) {
        return json!({ "log_group": { "group": arn, "role": log.deliver_logs_permission_arn() } });
    }
    let options = log.destination_options();
    let parquet =
        options.and_then(|options| options.file_format()) == Some(&DestinationFileFormat::Parquet);
    json!({ "bucket": {
        "bucket": arn,
        "parquet": parquet,
        "hive": options.and_then(aws_sdk_ec2::types::DestinationOptionsResponse::hive_compatible_partitions).unwrap_or_default(),
        "hourly": options.and_then(aws_sdk_ec2::types::DestinationOptionsResponse::per_hour_partition).unwrap_or_default(),
    } })
}

async fn describe(aws: &Clients, id: &FlowLogId) -> Result<Option<types::FlowLog>> {
    Ok(list(aws, vec![filter("flow-log-id", [id.as_str()])]).await?.pop())
}

async fn list(aws: &Clients, filters: Vec<types::Filter>) -> Result<Vec<types::FlowLog>> {
    all(filters, |filter| {
        let call = aws.ec2.describe_flow_logs().filter(filter);
        pages("ec2:DescribeFlowLogs", call.into_paginator().items().send())
    })
    .await
}
