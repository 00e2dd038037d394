//! `sso.group` and `sso.user`: who is in the identity store, looked up by name.
//!
//! Groups and users come from the company's directory, or are made by hand. Nothing here makes any.

use crate::{
    Clients, CxAws, Scope,
    fault::{absent, fault},
};
use aws_sdk_identitystore::types::{AlternateIdentifier, UniqueAttribute};
use aws_smithy_types::Document;
use groundplan_core::{Class, Cx, Derived, Fault, Hole, Iam, Problems, Result, Val};
use serde::{Deserialize, Serialize};

/// A group of the identity store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// The account that administers Identity Center, in its home region.
    pub scope: Val<Scope>,
    /// The identity store of an [`Instance`](super::Instance).
    pub identity_store: Val<String>,
    /// The name that it is shown under.
    pub name: String,
}

/// A user of the identity store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The account that administers Identity Center, in its home region.
    pub scope: Val<Scope>,
    /// The identity store of an [`Instance`](super::Instance).
    pub identity_store: Val<String>,
    /// The name that the user signs in with.
    pub name: String,
}

groundplan_core::outputs! {
    /// A group.
    pub struct GroupOutputs -> GroupHandle {
        /// Its id.
        id: String,
    }
}

groundplan_core::outputs! {
    /// A user.
    pub struct UserOutputs -> UserHandle {
        /// Its id.
        id: String,
    }
}

impl Group {
    /// The group of a name.
    pub fn new(scope: Val<Scope>, identity_store: Val<String>, name: impl Into<String>) -> Self {
        Self { scope, identity_store, name: name.into() }
    }
}

impl User {
    /// The user of a name.
    pub fn new(scope: Val<Scope>, identity_store: Val<String>, name: impl Into<String>) -> Self {
        Self { scope, identity_store, name: name.into() }
    }
}

impl Derived for Group {
    const KIND: &'static str = "sso.group";
    const IAM: Iam = Iam {
        holes: &[("store", Hole::Input("identity_store"))],
        observe: &["identitystore:GetGroupId"],
        ..Iam::NONE
    };
    type Outputs = GroupOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_name(problems, &self.name, 1024);
    }

    async fn derive(&self, cx: &Cx) -> Result<GroupOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let store = self.identity_store.get();
        let found = group(&aws, store, &self.name).await?;
        let id = found.ok_or_else(|| nobody("group", &self.name, store))?;
        Ok(GroupOutputs { id })
    }
}

impl Derived for User {
    const KIND: &'static str = "sso.user";
    const IAM: Iam = Iam {
        holes: &[("store", Hole::Input("identity_store"))],
        observe: &["identitystore:GetUserId"],
        ..Iam::NONE
    };
    type Outputs = UserOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_name(problems, &self.name, 128);
    }

    async fn derive(&self, cx: &Cx) -> Result<UserOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let store = self.identity_store.get();
        let found = user(&aws, store, &self.name).await?;
        let id = found.ok_or_else(|| nobody("user", &self.name, store))?;
        Ok(UserOutputs { id })
    }
}

async fn group(aws: &Clients, store: &str, name: &str) -> Result<Option<String>> {
    let call = aws.identitystore.get_group_id().identity_store_id(store);
    let found = call.alternate_identifier(by("displayName", name)).send().await;
    let found = absent(found.map_err(fault("identitystore:GetGroupId")))?;
    Ok(found.map(|found| found.group_id))
}

async fn user(aws: &Clients, store: &str, name: &str) -> Result<Option<String>> {
    let call = aws.identitystore.get_user_id().identity_store_id(store);
    let found = call.alternate_identifier(by("userName", name)).send().await;
    let found = absent(found.map_err(fault("identitystore:GetUserId")))?;
    Ok(found.map(|found| found.user_id))
}

fn by(attribute: &str, value: &str) -> AlternateIdentifier {
    let attribute = UniqueAttribute::builder().attribute_path(attribute);
    let attribute = attribute.attribute_value(Document::String(value.to_owned())).build();
    AlternateIdentifier::UniqueAttribute(attribute.expect("BUG: an attribute has path and value"))
}

fn check_name(problems: &mut Problems, name: &str, max: usize) {
    let fits = (1..=max).contains(&name.chars().count());
    problems.require(fits, "name", format!("`{name}` is no name: 1 to {max} characters"));
}

fn nobody(what: &str, name: &str, store: &str) -> Fault {
    Fault::new(Class::NotFound, format!("the identity store {store} has no {what} `{name}`"))
        .hint(format!(
            "make it there, or let the directory bring it in; `aws identitystore list-{what}s --identity-store-id {store}` lists what there is"
        ))
}
