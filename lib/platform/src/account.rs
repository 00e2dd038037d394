//! Accounts: one that exists, or one of the organization that the program makes and fills.

use groundplan_aws::{
    Scope, Tags,
    account::AccountIdentity,
    organizations::{self, AccountHandle},
};
use groundplan_core::{Options, Stack, Val};

/// An account that exists, in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The 12 digits. A run in another account is refused.
    pub id: String,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// The ARN of the role to take in it; the run's own identity if absent.
    pub role: Option<String>,
}

/// An account of the organization, which is made or taken up and can be filled in the same run.
///
/// It stays when the program ends: nothing here closes an account.
#[derive(Clone, Debug)]
pub struct MemberAccount<'a> {
    /// The organization's management account.
    pub management: &'a AccountParts,
    /// The root or unit that it is in.
    pub parent: Val<String>,
    /// Its name, up to 50 characters.
    pub name: String,
    /// The address of its root user, which no other AWS account has or ever had.
    pub email: String,
    /// The role that AWS makes in it and that the management account may take.
    pub role_name: String,
    /// Whether an account of the organization that has this e-mail address already is taken up.
    pub adopt: bool,
    /// The region to work in.
    pub region: String,
    /// Added to the ownership tags.
    pub tags: Tags,
}

/// What others need of an account.
#[derive(Clone, Debug)]
pub struct AccountParts {
    /// The account and region, for the kinds of AWS.
    pub scope: Val<Scope>,
    /// The 12 digits.
    pub id: Val<String>,
    /// The region.
    pub region: String,
    /// The ARN of the role that is taken in it; none for the run's own identity.
    pub role: Option<Val<String>>,
    /// The ARN of the role that takes it; none if the run's own identity does.
    pub via: Option<Val<String>>,
}

impl Account {
    /// Adds the check that the run is in this account.
    pub fn add(self, stack: &mut Stack, name: &str) -> AccountParts {
        let Self { id, region, role } = self;
        let role: Option<Val<String>> = role.map(Into::into);
        let identity =
            AccountIdentity { role: role.clone(), ..AccountIdentity::new(id.as_str(), &region) };
        let scope = stack.derive(name, identity).scope();
        AccountParts { scope, id: id.into(), region, role, via: None }
    }
}

impl MemberAccount<'_> {
    /// Adds the account, and the check that its role can be taken.
    pub fn add(self, stack: &mut Stack, name: &str) -> AccountParts {
        let scope = self.management.scope.clone();
        let account = organizations::Account {
            role_name: self.role_name.clone(),
            tags: self.tags,
            ..organizations::Account::new(scope, self.parent, self.name, self.email)
        };
        let options = Options { adopt: self.adopt, ..Options::default() };
        let account: AccountHandle = stack.add_with(name, account, options);
        // The management account's identities alone are trusted in a new account.
        let via = self.management.role.clone();
        let identity = AccountIdentity::of_member(&account, &self.region, &self.role_name);
        let identity = AccountIdentity { via: via.clone(), ..identity };
        let role = identity.role.clone();
        let scope = stack.derive(name, identity).scope();
        AccountParts { scope, id: account.id(), region: self.region, role, via }
    }
}
