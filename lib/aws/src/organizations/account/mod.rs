//! `organizations.account`: an AWS account of the organization.
//!
//! `request` makes one and waits for it, `observe` finds it again, `change` brings it to what is wanted.

mod change;
mod observe;
mod request;

use super::{REACH, check_parent, check_tags, risks};
use crate::{Arn, Scope, Tags, scope};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    ReadCost, Resource, Result, Risk, Seen, Stays, StepCx, Transition, Typical, Val, Wanted, When,
};
use serde::{Deserialize, Serialize};

/// The role that AWS makes in a new account, unless another name is given.
const ADMINISTRATOR: &str = "OrganizationAccountAccessRole";

/// An AWS account of the organization.
///
/// It stays when it is no more wanted: it is taken off the record and goes on as it is, unless
/// `close_on_delete` says otherwise. The program that names it again takes it up again. One that exists
/// and that no program made is taken up with the options `adopt`, by its e-mail address, or `import`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The management account.
    pub scope: Val<Scope>,
    /// The root or unit that it is in. It is moved in place; its policies hold at once.
    pub parent: Val<String>,
    /// Its name, up to 50 characters. AWS has another service for renaming; this one refuses to.
    pub name: String,
    /// The address of its root user, which no other AWS account has or ever had.
    pub email: String,
    /// The role that AWS makes in it and that the management account may take. Looked at only when the
    /// account is made.
    pub role_name: String,
    /// Whether it is closed when it is no more wanted. AWS ends everything in it after 90 days.
    #[serde(default)]
    pub close_on_delete: bool,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Account {
    /// An account in a root or unit.
    pub fn new(
        scope: Val<Scope>,
        parent: Val<String>,
        name: impl Into<String>,
        email: impl Into<String>,
    ) -> Self {
        Self {
            scope,
            parent,
            name: name.into(),
            email: email.into(),
            role_name: ADMINISTRATOR.to_owned(),
            close_on_delete: false,
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`Account`].
    pub struct AccountOutputs -> AccountHandle {} later {
        /// The request that makes it, `car-…`: known before it is known whether it succeeds. None for one
        /// that was there before.
        request: String,
        /// The 12 digits.
        id: String,
        /// The ARN within the organization.
        arn: Arn,
        /// When it joined the organization, in seconds since 1970. For minutes after that its role and its
        /// services may not answer yet.
        joined: i64,
    }
}

impl Resource for Account {
    const KIND: &'static str = "organizations.account";
    const META: Meta = Meta {
        immutable: &["scope.account", "email"],
        // One that is taken up was asked for by nobody here.
        volatile: &["request"],
        holds: &["parent"],
        place: scope::PLACE,
        reach: REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::FromInputs,
        stays: Stays::Unless("close_on_delete"),
        read_cost: ReadCost::Objects(2, "ListParents and ListTagsForResource take one object"),
        iam: Iam {
            object: "organizations:account",
            holes: &[("member", Hole::Output("id"))],
            search: &[
                "organizations:ListAccounts",
                "organizations:ListCreateAccountStatus",
                "organizations:ListTagsForResource",
            ],
            observe: &[
                "organizations:ListAccounts",
                "organizations:ListParents",
                "organizations:ListTagsForResource",
                "organizations:DescribeCreateAccountStatus",
                "organizations:ListCreateAccountStatus",
            ],
            create: &[
                "organizations:CreateAccount",
                "organizations:TagResource",
                "organizations:DescribeCreateAccountStatus",
                "organizations:ListCreateAccountStatus",
                "organizations:ListAccounts",
                "organizations:ListParents",
                "organizations:ListTagsForResource",
                "organizations:MoveAccount",
            ],
            converge: &[
                "organizations:ListAccounts",
                "organizations:ListParents",
                "organizations:ListTagsForResource",
                "organizations:MoveAccount",
                "organizations:TagResource",
                "organizations:UntagResource",
            ],
            delete: &[
                "organizations:CloseAccount",
                "organizations:ListAccounts",
                "organizations:ListTagsForResource",
            ],
            only: &[
                ("organizations:MoveAccount", When::Changes(&["parent"])),
                ("organizations:TagResource", When::Sets("tags")),
                ("organizations:UntagResource", When::Removes("tags")),
                ("organizations:CloseAccount", When::Leaves("close_on_delete", "true")),
                ("organizations:ListAccounts", When::Leaves("close_on_delete", "true")),
                ("organizations:ListTagsForResource", When::Leaves("close_on_delete", "true")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(60, 5, 5),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = AccountOutputs;

    fn validate(&self, problems: &mut Problems) {
        let named = !self.name.trim().is_empty() && self.name.chars().count() <= 50;
        problems.require(named, "name", format!("`{}` is no name: 1 to 50 characters", self.name));
        let email = is_email(&self.email) && (6..=64).contains(&self.email.len());
        let what = format!("`{}` is no address: 6 to 64 characters, `who@domain.tld`", self.email);
        problems.require(email, "email", what);
        let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let role = (1..=64).contains(&self.role_name.len()) && self.role_name.chars().all(fits);
        let what = format!("`{}` is no name: 1 to 64 letters, digits and _+=,.@-", self.role_name);
        problems.require(role, "role_name", what);
        check_parent(problems, self.parent.known());
        check_tags(problems, &self.tags);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::account(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<AccountOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<AccountOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<AccountOutputs> {
        request::create(self, cx).await
    }

    /// The 12 digits, or the e-mail address.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<AccountOutputs>>> {
        observe::identify(self, cx, id).await
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.email.clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: AccountOutputs,
        approved: &Fields,
    ) -> Result<AccountOutputs> {
        change::converge(self, cx, live, approved).await
    }

    /// Closes it; one that is to stay is let go by the engine, and never comes here.
    async fn delete(&self, cx: &StepCx, live: &AccountOutputs) -> Result<()> {
        change::close(self, cx, live).await
    }
}

/// As far as AWS looks: a name without spaces, an `@`, a domain with a dot, in ASCII.
fn is_email(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),:;<>[\\]".contains(&b));
    let Some((name, domain)) = text.split_once('@') else { return false };
    let dots = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let labels = domain.split('.').all(|label| !label.starts_with('-') && !label.ends_with('-'));
    plain
        && !name.is_empty()
        && !domain.contains('@')
        && domain.contains('.')
        && dots(name)
        && dots(domain)
        && labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_looked_at_as_aws_does() {
        for good in ["aws+data@example.com", "a.b@c-d.example.org"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["a@b", "@example.com", "a b@example.com", "a..b@example.com", "a@-x.com", "a@b@c.d"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
