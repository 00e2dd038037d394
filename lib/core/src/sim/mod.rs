//! A cloud in memory, for the engine's own tests and for trying out a kind of one's own.
//!
//! It is a fake and says so: it proves the engine, not the kinds of a real cloud. It is seeded, so a
//! failure is a number; what real clouds do to their callers it can do too: reads that lag behind
//! writes, throttling, answers that get lost, and a process that dies at any call.

mod kinds;
mod store;

pub use kinds::{
    Host, HostHandle, HostOutputs, Net, NetHandle, NetOutputs, Rule, RuleHandle, RuleOutputs, Sum,
    SumHandle, SumOutputs, registry,
};
pub use store::MemStore;

use crate::{Class, Fault, Json, Result};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// An object in the simulated cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// What the cloud assigned.
    pub id: String,
    /// The kind of object.
    pub kind: String,
    /// Unique within its kind, where it has one.
    pub name: Option<String>,
    /// The objects that cannot be deleted while this one is there.
    pub holds: Vec<String>,
    /// Its settings.
    pub fields: Json,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Reads before this count of calls do not see it yet.
    visible_from: u64,
}

impl Object {
    /// An object to be created.
    pub fn new(kind: &str, fields: Json, tags: BTreeMap<String, String>) -> Self {
        Self {
            id: String::new(),
            kind: kind.to_owned(),
            name: None,
            holds: Vec::new(),
            fields,
            tags,
            visible_from: 0,
        }
    }

    /// The same with a name that is unique within its kind.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }
}

/// How the cloud treats its callers. Shares are out of 1000 calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Calls refused for asking too often.
    pub throttled: u32,
    /// Changing calls that are done and whose answer is lost.
    pub lost_answers: u32,
    /// Up to how many calls a new object stays invisible.
    pub lag: u64,
    /// The process dies at this changing call, counted from 1; before its effect or after it.
    pub dies_at: Option<(u64, Moment)>,
}

/// Before or after the effect of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The call does not reach the cloud.
    Before,
    /// The cloud did it; nobody heard.
    After,
}

/// A call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `create`, `update` or `delete`.
    pub verb: &'static str,
    /// The kind of object.
    pub kind: String,
    /// The object's id.
    pub id: String,
}

#[derive(Debug)]
struct Inner {
    rng: fastrand::Rng,
    weather: Weather,
    objects: BTreeMap<String, Object>,
    tokens: BTreeMap<String, String>,
    calls: Vec<Call>,
    counted: u64,
    changing: u64,
    next_id: u64,
}

/// A cloud in memory. Clones are the same cloud.
#[derive(Clone, Debug)]
pub struct SimCloud {
    inner: Arc<Mutex<Inner>>,
    died: tokio_util::sync::CancellationToken,
}

impl SimCloud {
    /// A cloud without objects. The same seed treats the same calls the same way.
    pub fn new(seed: u64) -> Self {
        let inner = Inner {
            rng: fastrand::Rng::with_seed(seed),
            weather: Weather::default(),
            objects: BTreeMap::new(),
            tokens: BTreeMap::new(),
            calls: Vec::new(),
            counted: 0,
            changing: 0,
            next_id: 0,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            died: tokio_util::sync::CancellationToken::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same cloud as seen by a new process: with this weather, and not dead.
    #[must_use]
    pub fn with_weather(&self, weather: Weather) -> Self {
        let mut inner = self.lock();
        inner.weather = weather;
        inner.changing = 0;
        drop(inner);
        Self { inner: self.inner.clone(), died: tokio_util::sync::CancellationToken::new() }
    }

    /// Ends when the process died at the call that [`Weather::dies_at`] names.
    pub fn died(&self) -> tokio_util::sync::WaitForCancellationFuture<'_> {
        self.died.cancelled()
    }

    /// All objects, lag or no lag. For tests to look at the truth.
    pub fn objects(&self) -> Vec<Object> {
        self.lock().objects.values().cloned().collect()
    }

    /// All changing calls that took effect, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Changes an object behind everybody's back.
    pub fn tamper(&self, id: &str, change: impl FnOnce(&mut Object)) {
        if let Some(object) = self.lock().objects.get_mut(id) {
            change(object);
        }
    }

    /// Deletes an object behind everybody's back.
    pub fn lose(&self, id: &str) {
        self.lock().objects.remove(id);
    }

    async fn pace(&self, action: &str) -> Result<()> {
        // Under paused time this only lets other tasks run.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let mut inner = self.lock();
        inner.counted += 1;
        let share = inner.weather.throttled;
        if inner.rng.u32(0..1000) < share {
            return Err(Fault::new(Class::Throttled, format!("{action} failed")).code("Throttling"));
        }
        Ok(())
    }

    /// Dies here if this is the call to die at; a dead process never goes on.
    async fn fate(&self, moment: Moment) {
        let dies = {
            let mut inner = self.lock();
            inner.changing += u64::from(moment == Moment::Before);
            inner.weather.dies_at == Some((inner.changing, moment))
        };
        if dies {
            self.died.cancel();
        }
        if self.died.is_cancelled() {
            std::future::pending::<()>().await;
        }
    }

    fn answer<T>(&self, action: &str, value: T) -> Result<T> {
        let mut inner = self.lock();
        let share = inner.weather.lost_answers;
        if inner.rng.u32(0..1000) < share {
            return Err(Fault::new(Class::Unreachable, format!("{action} got no answer")));
        }
        Ok(value)
    }

    /// Makes an object. With a token it is the same object each time.
    ///
    /// # Errors
    /// `Exists` if the kind has an object of that name, and what the weather brings.
    pub async fn create(&self, token: Option<&str>, object: Object) -> Result<Object> {
        self.pace("sim:Create").await?;
        self.fate(Moment::Before).await;
        let made = self.lock().create(token, object)?;
        self.fate(Moment::After).await;
        self.answer("sim:Create", made)
    }

    /// The object of that id, if reads can see it yet.
    ///
    /// # Errors
    /// What the weather brings.
    pub async fn get(&self, id: &str) -> Result<Option<Object>> {
        self.pace("sim:Get").await?;
        let inner = self.lock();
        Ok(inner.objects.get(id).filter(|o| o.visible_from <= inner.counted).cloned())
    }

    /// All objects of a kind that reads can see yet.
    ///
    /// # Errors
    /// What the weather brings.
    pub async fn list(&self, kind: &str) -> Result<Vec<Object>> {
        self.pace("sim:List").await?;
        let inner = self.lock();
        let visible = |o: &&Object| o.kind == kind && o.visible_from <= inner.counted;
        Ok(inner.objects.values().filter(visible).cloned().collect())
    }

    /// Changes an object.
    ///
    /// # Errors
    /// `NotFound` if there is none, and what the weather brings.
    pub async fn update(&self, id: &str, change: impl FnOnce(&mut Object)) -> Result<()> {
        self.pace("sim:Update").await?;
        self.fate(Moment::Before).await;
        {
            let mut inner = self.lock();
            let Some(object) = inner.objects.get_mut(id) else {
                return Err(Fault::new(
                    Class::NotFound,
                    format!("sim:Update failed: {id} is not there"),
                ));
            };
            change(object);
            let call = Call { verb: "update", kind: object.kind.clone(), id: id.to_owned() };
            inner.calls.push(call);
        }
        self.fate(Moment::After).await;
        self.answer("sim:Update", ())
    }

    /// Deletes an object. Absence is success.
    ///
    /// # Errors
    /// `InUse` while another object holds it, and what the weather brings.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.pace("sim:Delete").await?;
        self.fate(Moment::Before).await;
        self.lock().delete(id)?;
        self.fate(Moment::After).await;
        self.answer("sim:Delete", ())
    }
}

impl Inner {
    fn create(&mut self, token: Option<&str>, mut object: Object) -> Result<Object> {
        if let Some(made) =
            token.and_then(|t| self.tokens.get(t)).and_then(|id| self.objects.get(id))
        {
            return Ok(made.clone());
        }
        let has_name =
            |o: &Object| o.kind == object.kind && o.name.is_some() && o.name == object.name;
        if self.objects.values().any(has_name) {
            return Err(Fault::new(Class::Exists, "sim:Create failed: the name is taken")
                .code("AlreadyExists"));
        }
        if let Some(gone) = object.holds.iter().find(|id| !self.objects.contains_key(*id)) {
            return Err(Fault::new(
                Class::Invalid,
                format!("sim:Create failed: {gone} is not there"),
            ));
        }
        self.next_id += 1;
        object.id =
            format!("{}-{}", object.kind.rsplit('.').next().unwrap_or("object"), self.next_id);
        object.visible_from = self.counted + self.rng.u64(0..=self.weather.lag);
        if let Some(token) = token {
            self.tokens.insert(token.to_owned(), object.id.clone());
        }
        self.calls.push(Call { verb: "create", kind: object.kind.clone(), id: object.id.clone() });
        self.objects.insert(object.id.clone(), object.clone());
        Ok(object)
    }

    fn delete(&mut self, id: &str) -> Result<()> {
        if let Some(holder) = self.objects.values().find(|o| o.holds.iter().any(|held| held == id))
        {
            return Err(Fault::new(
                Class::InUse,
                format!("sim:Delete failed: {id} is held by {}", holder.id),
            ));
        }
        if let Some(object) = self.objects.remove(id) {
            self.calls.push(Call { verb: "delete", kind: object.kind, id: id.to_owned() });
        }
        Ok(())
    }
}
