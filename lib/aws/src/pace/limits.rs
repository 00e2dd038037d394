//! What AWS has published of its limits, for the calls of this crate.
//!
//! EC2 counts each action by itself, in an account and region:
//! <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>. Others publish little; what
//! is said of them here is careful, and only where a run begins.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use groundplan_core::Rate;

/// The limit that counts a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    /// Service, region, and what of it is counted together.
    pub(super) bucket: String,
    pub(super) rate: Rate,
}

impl Limit {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let (region, service) = signed_for(request);
        let action = action(request);
        let reads = match &action {
            Some(action) => ["Describe", "Get", "List"].iter().any(|verb| action.starts_with(verb)),
            None => ["GET", "HEAD"].contains(&request.method()),
        };
        let (counted, rate) = if service == "ec2" {
            let action = action.unwrap_or_default();
            let rate = ec2(&action, reads);
            (action, rate)
        } else {
            let counted = match service {
                "route53" => "calls",
                _ if reads => "reads",
                _ => "writes",
            };
            (counted.to_owned(), other(service, reads))
        };
        Self { bucket: format!("{service} {region} {counted}"), rate }
    }
}

fn ec2(action: &str, reads: bool) -> Rate {
    match action {
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => Rate::new(4.0, 0.3),
        "CreateNatGateway" | "DeleteNatGateway" => Rate::new(10.0, 1.0),
        "CreateTags" | "DeleteTags" => Rate::new(100.0, 10.0),
        "CreateLaunchTemplateVersion" | "CreateNetworkInterface" | "CreateVolume" => {
            Rate::new(100.0, 5.0)
        }
        _ if reads => Rate::new(100.0, 20.0),
        _ => Rate::new(50.0, 5.0),
    }
}

fn other(service: &str, reads: bool) -> Rate {
    match (service, reads) {
        // Reads and writes together; the only limits among these that are published.
        ("route53", _) => Rate::new(50.0, 10.0),
        // To more it answers that somebody else changes the organization.
        ("organizations", false) => Rate::new(2.0, 1.0),
        ("iam" | "sso" | "rds" | "es" | "eks" | "kafka", false) => Rate::new(20.0, 5.0),
        ("s3" | "kms" | "sts" | "secretsmanager", _) => Rate::new(200.0, 50.0),
        (_, true) => Rate::new(100.0, 20.0),
        (_, false) => Rate::new(50.0, 5.0),
    }
}

/// Region and service, as the signature names them: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn signed_for(request: &HttpRequest) -> (&str, &str) {
    let signature = request.headers().get("authorization").unwrap_or_default();
    let mut scope = signature.split("Credential=").nth(1).unwrap_or_default().split('/').skip(2);
    (scope.next().unwrap_or("-"), scope.next().unwrap_or("-"))
}

/// The operation, where the service's protocol names it.
fn action(request: &HttpRequest) -> Option<String> {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.rsplit('.').next()).map(str::to_owned);
    let form = || {
        let body = std::str::from_utf8(request.body().bytes()?).ok()?;
        body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned)
    };
    target.or_else(form)
}
