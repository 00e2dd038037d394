//! `aws.account`: proves that the caller is in the account that the program names.

use super::Caller;
use crate::{Aws, Clients, Scope, fault::fault, scope::check_account};
use groundplan_core::{
    Class, Cx, Derived, Fault, Iam, Json, Patience, Probe, Problems, Result, Val, When, is_known,
    json, text,
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// For how long an account counts as young: its role and its services may not answer yet.
const YOUNG: Duration = Duration::from_hours(1);

/// What STS says of a region that is off in an account, or not on yet.
const REGION_OFF: &str = "RegionDisabledException";

/// The regions that are on in every account. Of all others in the partition `aws` each account decides.
const ALWAYS_ON: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// How long a young account may take to answer.
const GROWING: Patience = Patience::new(1000, 15, 900);

/// The account and region that everything of this scope is made in.
///
/// It is asked before anything else is read, and refuses when the caller is somewhere else. All AWS
/// kinds take the [`Scope`] it gives, so none can be touched without it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountIdentity {
    /// The account's 12 digits.
    pub account: Val<String>,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// The role to assume in it; the run's own identity if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Val<String>>,
    /// The role to assume first, which may take `role`; the run's own identity takes that itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Val<String>>,
    /// When the account was made, in seconds since 1970, where the program makes it: for an hour from then
    /// what it refuses is asked again for some minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Val<i64>>,
}

impl AccountIdentity {
    /// An account as the run's own identity.
    pub fn new(account: impl Into<Val<String>>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into(), role: None, via: None, joined: None }
    }

    /// An account that this very program makes or adopts, through the role that AWS made in it.
    pub fn of_member(
        account: &crate::organizations::AccountHandle,
        region: impl Into<String>,
        role_name: &str,
    ) -> Self {
        let (id, region) = (account.id(), region.into());
        Self {
            role: Some(text!("arn:{}:iam::{}:role/{}", partition_of(&region), id, role_name)),
            joined: Some(account.joined()),
            ..Self::new(id, region)
        }
    }
}

groundplan_core::outputs! {
    /// The verified account.
    pub struct AccountOutputs -> AccountHandle {
        /// Account, region and role, for all kinds in it.
        scope: Scope,
        /// The caller, as AWS names it.
        caller: String,
    }
}

impl Derived for AccountIdentity {
    const KIND: &'static str = "aws.account";
    const IAM: Iam = Iam {
        observe: &["ec2:DescribeAvailabilityZones"],
        only: &[("ec2:DescribeAvailabilityZones", When::Given("joined"))],
        ..Iam::NONE
    };
    type Outputs = AccountOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_account(problems, "account", &self.account);
        problems.require(!self.region.is_empty(), "region", "name a region, e.g. `eu-west-1`");
        for (path, role) in [("role", &self.role), ("via", &self.via)] {
            let Some(role) = role.as_ref().and_then(Val::known) else { continue };
            let fits = role.starts_with("arn:") && role.contains(":role/");
            let what =
                format!("`{role}` is no role; write its ARN, `arn:aws:iam::ACCOUNT:role/NAME`");
            problems.require(fits, path, what);
        }
        let what = "leads to a `role`, and there is none";
        problems.require(self.via.is_none() || self.role.is_some(), "via", what);
    }

    /// Of an account that is still to be made, the region is known.
    fn foresee(draft: &Json) -> Option<Json> {
        let region = draft["region"].as_str()?;
        let mut scope = json!({
            "account": draft["account"],
            "region": region,
            "partition": partition_of(region),
        });
        for role in ["role", "via"] {
            if let Some(said) = draft.get(role) {
                scope[role] = said.clone();
            }
        }
        debug_assert!(!is_known(draft), "what is known is computed");
        Some(json!({ "scope": scope }))
    }

    /// Asks whom AWS takes the caller for.
    async fn derive(&self, cx: &Cx) -> Result<AccountOutputs> {
        let aws = cx.extension::<Aws>();
        let (wanted, role) = (self.account.get(), self.role.as_ref().map(Val::get));
        let (clients, caller) = if self.is_young() {
            cx.wait(GROWING, "the new account to answer", || self.grown(aws)).await?
        } else {
            let clients = aws.connect(&self.region, &self.roles()).await?;
            let caller = Caller::of(&clients).await;
            let role = role.map(String::as_str);
            let caller = caller.map_err(|fault| {
                unreachable(wanted, role, with_region(wanted, &self.region, fault))
            })?;
            (clients, caller)
        };
        let Caller { account, arn, partition } = caller;
        if account != *wanted {
            return Err(elsewhere(&account, wanted, &arn));
        }
        let (account, region, role) = (account, self.region.clone(), role.cloned());
        let via = self.via.as_ref().map(|via| via.get().clone());
        let scope = Scope { account, region, partition, role, via };
        aws.keep(&scope, clients).await;
        Ok(AccountOutputs { scope, caller: arn })
    }
}

impl AccountIdentity {
    /// The roles to assume, one after the other.
    fn roles(&self) -> Vec<&str> {
        self.via.iter().chain(&self.role).map(|role| role.get().as_str()).collect()
    }

    fn is_young(&self) -> bool {
        let Some(joined) = self.joined.as_ref().map(Val::get) else { return false };
        let joined =
            SystemTime::UNIX_EPOCH + Duration::from_secs((*joined).try_into().unwrap_or(0));
        joined.elapsed().is_ok_and(|age| age < YOUNG)
    }

    /// Asks for the caller and for something of EC2. Clients are made anew each time, as they remember for a
    /// while that a role cannot be taken.
    async fn grown(&self, aws: &Aws) -> Result<Probe<(Clients, Caller)>> {
        let clients = aws.connect(&self.region, &self.roles()).await?;
        let asked = async {
            let caller = Caller::of(&clients).await?;
            let zones = clients.ec2.describe_availability_zones().send().await;
            zones.map_err(fault("ec2:DescribeAvailabilityZones"))?;
            Ok(caller)
        };
        match asked.await {
            Ok(caller) => Ok(Probe::Ready((clients, caller))),
            Err(fault) if is_growing(&fault, &self.region) => Ok(Probe::not_yet(fault.to_string())),
            Err(fault) => Err(with_region(self.account.get(), &self.region, fault)),
        }
    }
}

/// A role that cannot be taken: whatever is recorded in its account is not taken for gone.
pub(crate) fn unreachable(account: &str, role: Option<&str>, fault: Fault) -> Fault {
    let Some(role) = role else { return fault };
    if fault.class != Class::Denied && fault.class != Class::Unreachable {
        return fault;
    }
    let what = format!("account {account} cannot be reached through {role}");
    Fault::new(fault.class, what).why(fault.to_string()).hint(format!(
        "let this run take the role; if the account is closed or the role is gone for good, let go of what is recorded there: `apply state forget --account {account}`"
    ))
}

/// With what to do about a region that is off in an account that is not young any more.
fn with_region(account: &str, region: &str, fault: Fault) -> Fault {
    if !fault.is(REGION_OFF) {
        return fault;
    }
    if opts_in(region) {
        return fault.hint(format!(
            "switch the region on: `aws account enable-region --account-id {account} --region-name {region}`; that takes some minutes, then run the same command again"
        ));
    }
    fault.hint(format!(
        "activate STS for {region} in the account settings of IAM of account {account}, then run the same command again"
    ))
}

/// A run that is somewhere else than it is to be.
pub(crate) fn elsewhere(here: &str, wanted: &str, caller: &str) -> Fault {
    Fault::new(Class::Refused, format!("this run is in account {here}, the program wants {wanted}"))
        .why(format!("the caller is {caller}"))
        .hint("use the profile or role of the right account; nothing was read or changed")
}

/// Whether a young account will say something else in a while.
fn is_growing(fault: &Fault, region: &str) -> bool {
    if fault.is(REGION_OFF) {
        return !opts_in(region);
    }
    fault.class == Class::Denied
        || ["OptInRequired", "PendingVerification"].iter().any(|code| fault.is(code))
}

/// Whether a region is off in an account until somebody switches it on there.
fn opts_in(region: &str) -> bool {
    partition_of(region) == "aws" && !ALWAYS_ON.contains(&region)
}

/// The partition of a region, by its name.
fn partition_of(region: &str) -> &'static str {
    match region.split('-').collect::<Vec<_>>()[..] {
        ["cn", ..] => "aws-cn",
        ["us", "gov", ..] => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_account_that_is_to_be_made_the_region_is_known() {
        let account = "organizations.account/data".parse().unwrap();
        let id = Val::<String>::output(&account, "id");
        let identity = AccountIdentity {
            role: Some(text!("arn:aws:iam::{}:role/admin", id)),
            ..AccountIdentity::new(id, "us-gov-east-1")
        };
        let foreseen = AccountIdentity::foresee(&groundplan_core::to_json(&identity)).unwrap();
        assert_eq!(foreseen["scope"]["region"], "us-gov-east-1");
        assert_eq!(foreseen["scope"]["partition"], "aws-us-gov");
        assert!(!is_known(&foreseen["scope"]["account"]) && !is_known(&foreseen["scope"]["role"]));
    }

    #[test]
    fn a_region_that_is_off_passes_in_a_young_account_and_is_explained_in_another() {
        let off = || Fault::new(Class::Other, "sts:AssumeRole failed").code(REGION_OFF);
        assert!(is_growing(&off(), "eu-west-1"));
        assert!(!is_growing(&off(), "eu-south-2"), "it stays off");
        let other = Fault::new(Class::Other, "sts:AssumeRole failed").code("Other");
        assert!(!is_growing(&other, "eu-west-1"));
        let hint =
            |region: &str, fault: Fault| with_region("111122223333", region, fault).hint.clone();
        let hinted = hint("eu-south-2", off()).unwrap();
        let command =
            "`aws account enable-region --account-id 111122223333 --region-name eu-south-2`";
        assert!(hinted.contains(command), "{hinted}");
        for region in ["eu-west-1", "us-gov-west-1"] {
            let hinted = hint(region, off()).unwrap();
            assert!(hinted.contains(&format!("activate STS for {region}")), "{hinted}");
        }
        assert_eq!(hint("eu-south-2", Fault::new(Class::Denied, "no")), None);
    }

    #[test]
    fn an_account_is_young_for_an_hour() {
        let ago = |seconds: u64| {
            let then = SystemTime::now() - Duration::from_secs(seconds);
            let then = then.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
            let joined = Some(i64::try_from(then).unwrap().into());
            AccountIdentity { joined, ..AccountIdentity::new("111122223333", "eu-west-1") }
        };
        assert!(ago(60).is_young() && !ago(4000).is_young());
        assert!(!AccountIdentity::new("111122223333", "eu-west-1").is_young());
    }
}
