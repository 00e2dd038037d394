//! `sso.account_assignment`: lets people into an account through a permission set.
//!
//! `request` asks Identity Center and waits for what comes of it.

mod request;

use super::{check_set, risks};
use crate::{Arn, CxAws, Scope, found::each, scope, taking::keyed};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
    When,
};
use request::{assigned, is_under_way};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A group or user may take on a permission set in an account. With the first assignment of a set in an account
/// Identity Center makes its role there, see [`ReservedRole`](super::ReservedRole); with the last it goes.
///
/// In the management account itself Identity Center acts with the caller's own rights: there the run also needs
/// those of IAM to make and change roles under `/aws-reserved/sso.amazonaws.com/`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountAssignment {
    /// The account that administers Identity Center, in its home region.
    pub scope: Val<Scope>,
    /// The permission set. The customer policies that it names have to be in the account before.
    pub permission_set: Val<Arn>,
    /// The account's 12 digits.
    pub account: Val<String>,
    /// Who may.
    pub principal: Principal,
}

/// Who is let into an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// All of a group, by its id: of a [`Group`](super::Group).
    Group(Val<String>),
    /// One user, by the id: of a [`User`](super::User).
    User(Val<String>),
}

impl AccountAssignment {
    /// Lets a group or user into an account.
    pub fn new(
        scope: Val<Scope>,
        permission_set: Val<Arn>,
        account: Val<String>,
        principal: Principal,
    ) -> Self {
        Self { scope, permission_set, account, principal }
    }
}

groundplan_core::outputs! {
    /// What an [`AccountAssignment`] gives.
    pub struct AccountAssignmentOutputs -> AccountAssignmentHandle {
        /// The account, once the assignment holds there.
        account: String,
        /// The permission set.
        permission_set: Arn,
        /// Who may: `group/ID` or `user/ID`.
        principal: String,
    } later {
        /// The request that brought it about; none for one that was there before.
        request: String,
    }
}

impl Resource for AccountAssignment {
    const KIND: &'static str = "sso.account_assignment";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "permission_set", "account", "principal"],
        volatile: &["request"],
        // A set through which somebody is assigned cannot be deleted.
        holds: &["permission_set"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListAccountAssignments takes one set in one account"),
        iam: Iam {
            holes: &[
                ("permission-set", Hole::Input("permission_set")),
                ("target", Hole::Input("account")),
            ],
            observe: &[
                "sso:ListAccountAssignments",
                "sso:ListAccountAssignmentCreationStatus",
                "sso:DescribeAccountAssignmentCreationStatus",
            ],
            create: &[
                "sso:ListAccountAssignments",
                "sso:CreateAccountAssignment",
                "sso:DescribeAccountAssignmentCreationStatus",
            ],
            converge: &[
                "sso:ListAccountAssignments",
                "sso:DescribeAccountAssignmentCreationStatus",
            ],
            delete: &[
                "sso:ListAccountAssignments",
                "sso:DeleteAccountAssignment",
                "sso:DescribeAccountAssignmentDeletionStatus",
            ],
            only: &[("sso:ListAccountAssignmentCreationStatus", When::InTheWay)],
            ..Iam::NONE
        },
        typical: Typical::seconds(20, 1, 20),
        ..Meta::DEFAULT
    };
    type Outputs = AccountAssignmentOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_set(problems, &self.permission_set);
        if let Some(account) = self.account.known() {
            let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
            let what = format!("`{account}` is no account id: it has 12 digits");
            problems.require(digits, "account", what);
        }
        let (path, id) = match &self.principal {
            Principal::Group(id) => ("principal.group", id),
            Principal::User(id) => ("principal.user", id),
        };
        if let Some(id) = id.known() {
            let what = format!("`{id}` is no id: look it up by name, `sso.group` or `sso.user`");
            problems.require(is_id(id), path, what);
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::assignment(change)
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<AccountAssignmentOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let places: BTreeSet<_> = wanted.iter().map(|w| w.inputs.place()).collect();
        let listed = each(places.iter().copied(), |(set, account)| assigned(&aws, set, account));
        let listed: BTreeMap<_, _> = places.iter().copied().zip(listed.await?).collect();
        let mut seen = Vec::with_capacity(wanted.len());
        for w in wanted {
            let there = listed[&w.inputs.place()].contains(&w.inputs.principal.key());
            // Where only the intent is recorded, Identity Center may still be at it.
            let there = there || (w.outputs.is_none() && is_under_way(&aws, &w.inputs).await?);
            let outputs = w.outputs.clone().unwrap_or_else(|| w.inputs.outputs(None));
            seen.push(if there { Live::new(outputs, Json::Null).into() } else { Seen::Absent });
        }
        Ok(seen)
    }

    async fn create(&self, cx: &StepCx) -> Result<AccountAssignmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // Assigning twice succeeds, and an assignment has no mark that says whose it is.
        let (set, account) = self.place();
        if assigned(&aws, set, account).await?.contains(&self.principal.key()) {
            let what = format!("{} has {set} in account {account} already", self.principal);
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person assigned it")
                .hint("remove this resource from the program, or take that assignment away"));
        }
        let request = self.ask(cx, &aws).await?;
        Ok(self.outputs(request))
    }

    /// The ARN of the set, the account, and who is let in: `SET#111122223333#group/ID`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<AccountAssignmentOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs(None))
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        let (set, account) = self.place();
        let (kind, id) = self.principal.parts();
        Some(format!("{set}#{account}#{kind}/{id}"))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: AccountAssignmentOutputs,
        _approved: &Fields,
    ) -> Result<AccountAssignmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.until_assigned(cx, &aws, live.request.as_deref()).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &AccountAssignmentOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        self.end(cx, &aws).await
    }
}

impl AccountAssignment {
    fn outputs(&self, request: Option<String>) -> AccountAssignmentOutputs {
        let (kind, id) = self.principal.parts();
        AccountAssignmentOutputs {
            account: self.account.get().clone(),
            permission_set: self.permission_set.get().clone(),
            principal: format!("{kind}/{id}"),
            request,
        }
    }

    /// What one listing is of: a set in an account.
    fn place(&self) -> (&Arn, &str) {
        (self.permission_set.get(), self.account.get())
    }
}

impl Principal {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Group(id) => ("group", id.get()),
            Self::User(id) => ("user", id.get()),
        }
    }
}

impl std::fmt::Display for Principal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, id) = self.parts();
        write!(out, "the {kind} {id}")
    }
}

/// Whether a text is the id of a group or user: a UUID, where the store is an old one after ten digits.
fn is_id(text: &str) -> bool {
    let hex =
        |part: &str, len: usize| part.len() == len && part.chars().all(|c| c.is_ascii_hexdigit());
    let parts: Vec<_> = text.split('-').collect();
    let uuid = match parts[..] {
        [first, ref rest @ ..] if rest.len() == 5 && hex(first, 10) => rest,
        ref all => all,
    };
    uuid.len() == 5 && uuid.iter().zip([8, 4, 4, 4, 12]).all(|(part, len)| hex(part, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_told_from_a_name() {
        assert!(is_id("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
        assert!(is_id("906712345a-f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
        for wrong in ["Administrators", "", "f81d4fae", "f81d4fae-7dec-11d0-a765-00a0c91e6bfz"] {
            assert!(!is_id(wrong), "{wrong}");
        }
    }
}
