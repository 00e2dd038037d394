//! What the engine lends to a kind's verbs: clients, secrets, waiting, ownership.

use crate::{
    Class, Event, Events, Fault, Owner, Patience, Probe, Resolved, Result, SecretResolver,
    SecretSource, wait,
};
use groundplan_state::Address;
use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, HashMap},
    ops::Deref,
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// The longest that a plan waits for what a derived value rests on: people wait for the plan.
const PLAN_WAITS: Duration = Duration::from_mins(1);

/// What a run lends to every verb.
#[derive(Clone)]
pub struct Cx {
    shared: Arc<Shared>,
    /// The step that it is lent to; none in a plan.
    step: Option<Address>,
}

struct Shared {
    stack: String,
    lineage: String,
    events: Events,
    cancel: CancellationToken,
    extensions: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    secrets: Vec<Box<dyn SecretResolver>>,
}

/// Puts a [`Cx`] together. The driver does this once for a run.
pub struct CxBuilder {
    shared: Shared,
}

impl CxBuilder {
    /// For a run of a stack.
    pub fn new(stack: &str) -> Self {
        Self {
            shared: Shared {
                stack: stack.to_owned(),
                lineage: String::new(),
                events: Events::none(),
                cancel: CancellationToken::new(),
                extensions: HashMap::new(),
                secrets: Vec::new(),
            },
        }
    }

    /// The lineage of the stack's state.
    #[must_use]
    pub fn lineage(mut self, lineage: impl ToString) -> Self {
        self.shared.lineage = lineage.to_string();
        self
    }

    /// Where events go.
    #[must_use]
    pub fn events(mut self, events: Events) -> Self {
        self.shared.events = events;
        self
    }

    /// What stops the run.
    #[must_use]
    pub fn cancel(mut self, cancel: CancellationToken) -> Self {
        self.shared.cancel = cancel;
        self
    }

    /// Something a family of kinds needs, such as a set of clients; one of each type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, extension: T) -> Self {
        self.shared.extensions.insert(TypeId::of::<T>(), Box::new(extension));
        self
    }

    /// A place that secrets can come from.
    #[must_use]
    pub fn secrets(mut self, resolver: impl SecretResolver + 'static) -> Self {
        self.shared.secrets.push(Box::new(resolver));
        self
    }

    /// The finished context.
    pub fn build(self) -> Cx {
        Cx { shared: Arc::new(self.shared), step: None }
    }
}

impl Cx {
    /// The stack's name.
    pub fn stack(&self) -> &str {
        &self.shared.stack
    }

    /// The lineage of the stack's state.
    pub fn lineage(&self) -> &str {
        &self.shared.lineage
    }

    /// What the driver supplied for this family of kinds.
    ///
    /// # Panics
    /// If the driver did not: the program uses kinds whose family was not set up.
    pub fn extension<T: 'static>(&self) -> &T {
        self.shared
            .extensions
            .get(&TypeId::of::<T>())
            .and_then(|any| any.downcast_ref())
            .unwrap_or_else(|| {
                panic!("BUG: no {} was supplied to this run", std::any::type_name::<T>())
            })
    }

    /// Fetches a secret. Call it inside the API call that needs it, and keep it no longer.
    pub async fn secret(&self, source: &SecretSource) -> Result<Resolved> {
        for resolver in &self.shared.secrets {
            if let Some(found) = resolver.resolve(source).await {
                return found;
            }
        }
        Err(no_resolver(source))
    }

    /// What identifies a secret's present version. Needs no right to read the value.
    pub async fn secret_version(&self, source: &SecretSource) -> Result<String> {
        for resolver in &self.shared.secrets {
            if let Some(found) = resolver.version(source).await {
                return found;
            }
        }
        Err(no_resolver(source))
    }

    /// What stops the run; for work that cannot use [`StepCx::wait`].
    pub fn cancelled(&self) -> &CancellationToken {
        &self.shared.cancel
    }

    /// Waits, in a derived value, for something that AWS shows late: as long as `patience` says in an
    /// apply, and a minute at the most in a plan. `what` completes "waiting for …".
    pub async fn wait<T, F>(
        &self,
        patience: Patience,
        what: &str,
        probe: impl FnMut() -> F + Send,
    ) -> Result<T>
    where
        F: Future<Output = Result<Probe<T>>> + Send,
        T: Send,
    {
        let patience = match &self.step {
            Some(_) => patience,
            None => patience.within(Some(patience.limit.min(PLAN_WAITS))),
        };
        let report = |says: &str, since| {
            if let Some(address) = self.step.clone() {
                let (what, says) = (what.to_owned(), says.to_owned());
                self.events().send(Event::Waiting { address, what, says, since });
            }
        };
        wait::until(patience, self.cancelled(), what, report, probe).await
    }

    /// The same, lent to one step.
    pub(crate) fn lent_to(&self, step: &Address) -> Self {
        Self { step: Some(step.clone()), ..self.clone() }
    }

    pub(crate) fn events(&self) -> &Events {
        &self.shared.events
    }

    pub(crate) fn owner(&self, address: &Address, generation: u32) -> Owner {
        Owner {
            stack: self.shared.stack.clone(),
            lineage: self.shared.lineage.clone(),
            address: address.clone(),
            generation,
        }
    }
}

fn no_resolver(source: &SecretSource) -> Fault {
    let from = match source {
        SecretSource::SecretsManager { .. } => "AWS Secrets Manager",
        SecretSource::Env { .. } => "the environment",
        SecretSource::File { .. } => "a file",
    };
    Fault::new(Class::Invalid, format!("this run cannot read secrets from {from}"))
}

/// What the engine lends to the verbs of one step.
#[derive(Clone)]
pub struct StepCx {
    cx: Cx,
    pub(crate) owner: Owner,
    pub(crate) token: String,
    pub(crate) name: Option<String>,
    pub(crate) unprotected: bool,
    pub(crate) limit: Option<Duration>,
}

impl Deref for StepCx {
    type Target = Cx;

    fn deref(&self) -> &Cx {
        &self.cx
    }
}

impl StepCx {
    pub(crate) fn new(cx: Cx, owner: Owner, token: String) -> Self {
        Self { cx, owner, token, name: None, unprotected: false, limit: None }
    }

    /// The resource's name in the stack.
    pub fn address(&self) -> &Address {
        &self.owner.address
    }

    /// Whose the object is.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The idempotency token of this create: at most 64 ASCII characters, the same when repeated.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The object's name.
    ///
    /// # Panics
    /// If the kind's [`Meta::naming`](crate::Meta::naming) says that it has none.
    pub fn name(&self) -> &str {
        self.name
            .as_deref()
            .expect("BUG: a kind asked for a name that its META.naming does not give")
    }

    /// The given tags together with the ownership tags.
    pub fn tags(&self, tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let own = self.owner.tags().into_iter().map(|(k, v)| (k.to_owned(), v));
        tags.clone().into_iter().chain(own).collect()
    }

    /// Whether the run was told by address to lift this resource's protection, in the cloud too.
    pub fn unprotected(&self) -> bool {
        self.unprotected
    }

    /// Tells those who watch that this step took up what was there already, as a sentence.
    pub fn recovered(&self, found: impl Into<String>) {
        let (address, found) = (self.address().clone(), found.into());
        self.events().send(Event::Recovered { address, found });
    }

    /// Probes until ready, with growing pauses, a bound, progress events and cancellation.
    ///
    /// `what` completes "waiting for …". Passing faults of the probe are retried.
    pub async fn wait<T, F>(
        &self,
        patience: Patience,
        what: &str,
        probe: impl FnMut() -> F + Send,
    ) -> Result<T>
    where
        F: Future<Output = Result<Probe<T>>> + Send,
        T: Send,
    {
        let report = |says: &str, since| {
            self.events().send(Event::Waiting {
                address: self.address().clone(),
                what: what.to_owned(),
                says: says.to_owned(),
                since,
            });
        };
        wait::until(patience.within(self.limit), self.cancelled(), what, report, probe).await
    }

    /// Repeats a call while it fails with a fault that `passes`, with growing pauses and a bound.
    pub async fn retry<T, F>(
        &self,
        patience: Patience,
        passes: impl Fn(&Fault) -> bool + Send,
        mut call: impl FnMut() -> F + Send,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
        T: Send,
    {
        let report = |fault: &Fault, attempt| {
            self.events().send(Event::Retrying {
                address: self.address().clone(),
                fault: fault.clone(),
                attempt,
            });
        };
        wait::retry(patience.within(self.limit), self.cancelled(), report, passes, &mut call).await
    }
}

impl std::fmt::Debug for Cx {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Cx").field("stack", &self.shared.stack).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CxBuilder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CxBuilder").field("stack", &self.shared.stack).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for StepCx {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("StepCx").field("owner", &self.owner).finish_non_exhaustive()
    }
}
