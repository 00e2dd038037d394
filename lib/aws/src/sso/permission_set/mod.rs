//! `sso.permission_set`: what people may be let do in accounts.
//!
//! `observe` is what is read, `change` what is done, `duration` how the API writes the length of a session.

mod change;
mod duration;
mod observe;

use crate::{Arn, Scope, Tags, scope};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    ReadCost, Resource, Result, Seen, StepCx, Typical, Val, Wanted, When,
};
use serde::{Deserialize, Serialize};

/// A permission set: a role to be, in every account in which somebody is assigned through it.
///
/// What it allows is objects of their own: [`ManagedPolicyAttachment`](super::ManagedPolicyAttachment),
/// [`CustomerPolicyAttachment`](super::CustomerPolicyAttachment), [`InlinePolicy`](super::InlinePolicy),
/// [`PermissionsBoundary`](super::PermissionsBoundary). Who has it where is an
/// [`AccountAssignment`](super::AccountAssignment) each. Where an account has not got the latest changes, as a
/// run was cut off or somebody made them by hand, a plan shows it as `outdated_in` and an apply brings them
/// there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PermissionSet {
    /// The account that administers Identity Center, in its home region.
    pub scope: Val<Scope>,
    /// The Identity Center, of an [`Instance`](super::Instance).
    pub instance: Val<Arn>,
    /// Its name, up to 32 letters, digits and any of `_+=,.@-`. People choose it by this name, and roles are
    /// named after it. No two sets have the same.
    pub name: String,
    /// For people, up to 700 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How long people are signed in: one hour to twelve.
    pub session_seconds: u32,
    /// Where the console opens, up to 240 characters. Its home page if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay_state: Option<String>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl PermissionSet {
    /// A set that allows nothing yet, for sessions of an hour.
    pub fn new(scope: Val<Scope>, instance: Val<Arn>, name: impl Into<String>) -> Self {
        Self {
            scope,
            instance,
            name: name.into(),
            description: None,
            session_seconds: HOUR,
            relay_state: None,
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`PermissionSet`].
    pub struct PermissionSetOutputs -> PermissionSetHandle {
        /// The ARN.
        arn: Arn,
        /// The name.
        name: String,
    }
}

const HOUR: u32 = 3600;

/// What an apply brings to the accounts. `outdated_in` is no input: it is read only where there is some.
const BROUGHT_OUT: &[&str] = &["description", "session_seconds", "relay_state", "outdated_in"];

impl Resource for PermissionSet {
    const KIND: &'static str = "sso.permission_set";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "instance", "name"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Objects(
            3,
            "ListPermissionSets answers with ARNs only; DescribePermissionSet, ListTagsForResource and ListAccountsForProvisionedPermissionSet take one set",
        ),
        iam: Iam {
            object: "sso:permission-set",
            holes: &[("permission-set", Hole::Output("arn"))],
            search: &[
                "sso:ListPermissionSets",
                "sso:ListTagsForResource",
                "sso:DescribePermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
            ],
            observe: &[
                "sso:DescribePermissionSet",
                "sso:ListTagsForResource",
                "sso:ListAccountsForProvisionedPermissionSet",
            ],
            create: &[
                "sso:CreatePermissionSet",
                "sso:TagResource",
                "sso:DescribePermissionSet",
                "sso:ListTagsForResource",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ListPermissionSets",
            ],
            converge: &[
                "sso:DescribePermissionSet",
                "sso:ListTagsForResource",
                "sso:UpdatePermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ProvisionPermissionSet",
                "sso:DescribePermissionSetProvisioningStatus",
                "sso:TagResource",
                "sso:UntagResource",
            ],
            delete: &[
                "sso:DescribePermissionSet",
                "sso:ListTagsForResource",
                "sso:DeletePermissionSet",
                "sso:ListAccountsForProvisionedPermissionSet",
                "sso:ListAccountAssignments",
            ],
            only: &[
                ("sso:ListPermissionSets", When::InTheWay),
                ("sso:ListAccountAssignments", When::InTheWay),
                (
                    "sso:UpdatePermissionSet",
                    When::Changes(&["description", "session_seconds", "relay_state"]),
                ),
                ("sso:ProvisionPermissionSet", When::Changes(BROUGHT_OUT)),
                ("sso:DescribePermissionSetProvisioningStatus", When::Changes(BROUGHT_OUT)),
                ("sso:TagResource", When::Sets("tags")),
                ("sso:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 15, 3),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = PermissionSetOutputs;

    fn validate(&self, problems: &mut Problems) {
        let letters = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let fits = (1..=32).contains(&self.name.len()) && self.name.chars().all(letters);
        let what = format!(
            "`{}` is no name: 1 to 32 letters, digits and any of _+=,.@-, and no blanks",
            self.name
        );
        problems.require(fits, "name", what);
        if let Some(text) = &self.description {
            let latin = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
            let fits = (1..=700).contains(&text.chars().count()) && text.chars().all(latin);
            let what = "has 1 to 700 letters of Western European languages; leave it out for none";
            problems.require(fits, "description", what);
        }
        let seconds = self.session_seconds;
        let what = format!("{seconds} s is no length of a session: one hour (3600) to 12 (43200)");
        problems.require((HOUR..=12 * HOUR).contains(&seconds), "session_seconds", what);
        if let Some(text) = &self.relay_state {
            let letters = |c: char| {
                c.is_ascii_alphanumeric() || "&$@#\\/%?=~-_'\"|!:,.;*+[] (){}".contains(c)
            };
            let fits = (1..=240).contains(&text.len()) && text.chars().all(letters);
            let what = format!("`{text}` is no place to open: a URL of 1 to 240 characters");
            problems.require(fits, "relay_state", what);
        }
        // Fifty in all, of which four say whose the object is.
        let what = format!("{} tags are too many: 46 are the most", self.tags.len());
        problems.require(self.tags.len() <= 46, "tags", what);
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<PermissionSetOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<PermissionSetOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<PermissionSetOutputs> {
        change::create(self, cx).await
    }

    /// The name, or the ARN.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<PermissionSetOutputs>>> {
        observe::identify(self, cx, id).await
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.name.clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: PermissionSetOutputs,
        approved: &Fields,
    ) -> Result<PermissionSetOutputs> {
        change::converge(self, cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &PermissionSetOutputs) -> Result<()> {
        change::delete(self, cx, live).await
    }
}
