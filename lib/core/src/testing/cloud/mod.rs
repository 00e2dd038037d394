//! A cloud in memory: its calls, and what a test may do behind everybody's back.

mod ground;
mod object;

pub use object::{Call, Object};

use super::{Moment, Point, Process, Weather};
use crate::{Class, Fault, Result};
use ground::Ground;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A cloud in memory, as one process sees it. Clones are the same cloud seen by the same process.
#[derive(Clone, Debug)]
pub struct SimCloud {
    ground: Arc<Mutex<Ground>>,
    process: Process,
    weather: Weather,
}

impl SimCloud {
    /// A cloud without objects. The same seed treats the same calls the same way.
    pub fn new(seed: u64) -> Self {
        Self {
            ground: Arc::new(Mutex::new(Ground::new(seed))),
            process: Process::healthy(),
            weather: Weather::default(),
        }
    }

    /// The same cloud as this process sees it, in this weather.
    #[must_use]
    pub fn seen_by(&self, process: &Process, weather: Weather) -> Self {
        Self { ground: self.ground.clone(), process: process.clone(), weather }
    }

    /// The same cloud as a new process sees it, in this weather.
    #[must_use]
    pub fn with_weather(&self, weather: Weather) -> Self {
        self.seen_by(&Process::healthy(), weather)
    }

    fn lock(&self) -> MutexGuard<'_, Ground> {
        let mut ground = self.ground.lock().unwrap_or_else(PoisonError::into_inner);
        ground.sweep();
        ground
    }

    /// All objects, lag or no lag. For tests to look at the truth.
    pub fn objects(&self) -> Vec<Object> {
        self.lock().objects.values().cloned().collect()
    }

    /// All changing calls that took effect, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many changing calls took effect.
    pub fn changes(&self) -> usize {
        self.lock().calls.len()
    }

    /// Puts an object there that is somebody else's, and returns its id.
    pub fn plant(&self, object: Object) -> String {
        let mut ground = self.lock();
        let id = ground.place(object);
        let planted = ground.objects[&id].clone();
        ground.foreign.insert(id.clone(), planted);
        id
    }

    /// Its owner takes a planted object away.
    pub fn withdraw(&self, id: &str) {
        let mut ground = self.lock();
        ground.foreign.remove(id);
        ground.remove(id);
    }

    /// Changes an object behind everybody's back.
    pub fn tamper(&self, id: &str, change: impl FnOnce(&mut Object)) {
        if let Some(object) = self.lock().objects.get_mut(id) {
            change(object);
        }
    }

    /// Deletes an object behind everybody's back.
    pub fn lose(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Breaks the promise about client tokens: a repeated create makes another object.
    pub fn forget_tokens(&self) {
        self.lock().keeps_tokens = false;
    }

    /// What became of foreign objects that somebody touched.
    pub fn touched(&self) -> Vec<String> {
        let ground = self.lock();
        let changed = |(id, before)| ground::differs(before, ground.objects.get::<String>(id));
        ground.foreign.iter().filter_map(changed).collect()
    }

    /// Pairs of objects that were there at once though one was asked for.
    pub fn twice(&self) -> Vec<(String, String)> {
        self.lock().twice.clone()
    }

    /// The way of a call to the cloud: time passes, and it may be turned away.
    async fn arrive(&self, action: &str) -> Result<()> {
        // Under paused time this only mixes the order in which tasks go on.
        let millis = self.lock().rng.u64(1..10);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        self.process.pass().await;
        let dice = self.lock().rng.u32(0..1000);
        let Weather { throttled, broken, .. } = self.weather;
        if dice < throttled {
            return Err(Fault::new(Class::Throttled, format!("{action} failed")).code("Throttling"));
        }
        if dice < throttled + broken {
            let what = format!("{action} failed");
            return Err(Fault::new(Class::Unreachable, what).code("InternalError"));
        }
        Ok(())
    }

    /// A changing call: it may be the last thing that the process does, and its answer may be lost.
    async fn change<T>(
        &self,
        action: &str,
        effect: impl FnOnce(&mut Ground) -> Result<T>,
    ) -> Result<T> {
        self.arrive(action).await?;
        let n = self.process.call().await;
        let done = effect(&mut self.lock());
        self.process.reach(Point::Call(n, Moment::After)).await;
        if done.is_ok() && self.lock().rng.u32(0..1000) < self.weather.lost_answers {
            return Err(Fault::new(Class::Unreachable, format!("{action} got no answer")));
        }
        done
    }

    /// Makes an object. With a token it is the same object each time.
    ///
    /// # Errors
    /// `Exists` if the kind has an object of that name, `Invalid` if something it needs is missing, a
    /// quota is used up or the token belongs to another request; and what the weather brings.
    pub async fn create(&self, token: Option<&str>, object: Object) -> Result<Object> {
        let effect =
            |ground: &mut Ground| ground.create(&self.process, &self.weather, token, object);
        let id = self.change("sim:Create", effect).await?;
        let mut ground = self.lock();
        let Some(made) = ground.objects.get_mut(&id) else {
            return Err(Fault::new(Class::Unreachable, "sim:Create got no answer"));
        };
        made.origin.answered = true;
        Ok(made.clone())
    }

    /// The object of that id, if reads can see it yet.
    ///
    /// # Errors
    /// What the weather brings.
    pub async fn get(&self, id: &str) -> Result<Option<Object>> {
        self.arrive("sim:Get").await?;
        Ok(self.lock().shown(|o| o.id == id && o.is_visible()).next().cloned())
    }

    /// All objects of a kind that lists show yet.
    ///
    /// # Errors
    /// What the weather brings.
    pub async fn list(&self, kind: &str) -> Result<Vec<Object>> {
        self.arrive("sim:List").await?;
        Ok(self.lock().shown(|o| o.kind == kind && o.is_listed()).cloned().collect())
    }

    /// Changes an object.
    ///
    /// # Errors
    /// `NotFound` if there is none, `InUse` if it is not ready, and what the weather brings.
    pub async fn update(&self, id: &str, change: impl FnOnce(&mut Object)) -> Result<()> {
        self.change("sim:Update", |ground| ground.update(id, change)).await
    }

    /// Begins to delete an object. Absence is success.
    ///
    /// # Errors
    /// `InUse` while another object holds it or it is not ready, and what the weather brings.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.change("sim:Delete", |ground| ground.delete(&self.weather, id)).await
    }
}
