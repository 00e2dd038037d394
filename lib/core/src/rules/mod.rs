//! Rules: what a careful team would not want to find in a program.
//!
//! A rule reads what the program says, never what is recorded or live: values that come from other
//! resources are references to it, whether they are known already or not. So the same program gets the
//! same findings before its first apply and after its last, without a cloud. [`View`] is what a rule
//! sees beyond the resource itself, [`Checks`] holds rules, waivers and what is done about findings.

mod checks;
mod view;

pub use checks::{Checked, Checks};
pub use view::View;

use crate::{Address, Resource, Severity};
use std::{fmt, sync::Arc};

/// What a rule is called, how much it weighs, and what its readers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which waivers use: `rds-backups`. It stays the same for ever.
    pub id: &'static str,
    /// How much what it finds weighs.
    pub severity: Severity,
    /// The field that it reads.
    pub field: &'static str,
    /// Why it matters, in one sentence.
    pub why: &'static str,
    /// How to mend what it finds, in one sentence.
    pub mend: &'static str,
}

/// What a rule says of one resource. A function that only finds may return an `Option<String>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Kept,
    /// Not as it should be: what was found, as a sentence such as `no backups are kept`.
    Broken(String),
    /// What it rests on comes from another resource and cannot be judged before it is there.
    Unknown,
}

impl From<Option<String>> for Verdict {
    fn from(found: Option<String>) -> Self {
        found.map_or(Self::Kept, Self::Broken)
    }
}

impl From<Option<&str>> for Verdict {
    fn from(found: Option<&str>) -> Self {
        found.map(str::to_owned).into()
    }
}

type Judge = dyn Fn(&View<'_>) -> Vec<(Address, Verdict)> + Send + Sync;

/// A set of rules.
///
/// ```
/// use groundplan_core::{Rule, Rules, Severity, View, testing::Net};
///
/// const MTU: Rule = Rule {
///     id: "net-mtu",
///     severity: Severity::Warn,
///     field: "mtu",
///     why: "packets over 1500 bytes are dropped on the way to the internet",
///     mend: "set `mtu` to 1500 or less",
/// };
///
/// fn mtu(net: &Net, _: &View<'_>) -> Option<String> {
///     (net.mtu > 1500).then(|| format!("packets have up to {} bytes", net.mtu))
/// }
///
/// let rules = Rules::new().on(MTU, mtu);
/// assert_eq!(rules.iter().count(), 1);
/// ```
#[derive(Clone, Default)]
pub struct Rules(Vec<(Rule, Arc<Judge>)>);

impl Rules {
    /// No rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A rule that looks at each resource of a kind.
    ///
    /// # Panics
    /// If two rules have the same name.
    #[must_use]
    pub fn on<R: Resource, V: Into<Verdict>>(
        self,
        rule: Rule,
        judge: impl Fn(&R, &View<'_>) -> V + Send + Sync + 'static,
    ) -> Self {
        self.insert(
            rule,
            Arc::new(move |view| {
                let judged = view.read::<R>().into_iter().map(|(address, resource)| {
                    // What cannot be read as its kind is the engine's to refuse.
                    let verdict = resource.map_or(Verdict::Unknown, |r| judge(&r, view).into());
                    (address.clone(), verdict)
                });
                judged.collect()
            }),
        )
    }

    /// A rule that looks at the whole program, and says of which resource what it found is.
    ///
    /// # Panics
    /// If two rules have the same name.
    #[must_use]
    pub fn across(
        self,
        rule: Rule,
        judge: impl Fn(&View<'_>) -> Vec<(Address, String)> + Send + Sync + 'static,
    ) -> Self {
        let broken = |(address, what)| (address, Verdict::Broken(what));
        self.insert(rule, Arc::new(move |view| judge(view).into_iter().map(broken).collect()))
    }

    /// Adds all rules of another set.
    ///
    /// # Panics
    /// If two rules have the same name.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        other.0.into_iter().fold(self, |rules, (rule, judge)| rules.insert(rule, judge))
    }

    /// Every rule.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter().map(|(rule, _)| rule)
    }

    fn insert(mut self, rule: Rule, judge: Arc<Judge>) -> Self {
        let twice = self.iter().any(|there| there.id == rule.id);
        assert!(!twice, "BUG: two rules are called {}", rule.id);
        self.0.push((rule, judge));
        self
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter().map(|rule| rule.id)).finish()
    }
}
