//! What is shown of every specimen.

mod alone;
mod change;
mod death;
mod marked;
mod read;
mod replace;
mod taking;

use super::specimen::{Specimen, Version};
use crate::harness::Wire;
use futures::future::BoxFuture;
use groundplan::{Json, Mark, Near, Options, Ownership, Resource, Stack};

/// A specimen, whatever its kind.
pub(super) trait Law: Send + Sync {
    /// Its kind.
    fn kind(&self) -> &'static str;
    /// Fields of which it does not speak.
    fn gaps(&self) -> Vec<String>;
    /// Shows that its kind keeps the law.
    fn holds(&self) -> BoxFuture<'_, ()>;
}

impl<R: Resource> Law for Specimen<R> {
    fn kind(&self) -> &'static str {
        R::KIND
    }

    fn gaps(&self) -> Vec<String> {
        Self::gaps(self)
    }

    fn holds(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            change::holds(self).await;
            replace::holds(self).await;
            alone::holds(self).await;
            taking::holds(self).await;
            death::holds(self).await;
            marked::holds(self).await;
            read::holds(self).await;
        })
    }
}

/// A specimen in a stack of its own.
struct Trial<'a, R> {
    specimen: &'a Specimen<R>,
    wire: Wire,
}

impl<'a, R: Resource> Trial<'a, R> {
    /// An empty stack, run by somebody with no more rights than the kinds in it declare.
    async fn new(specimen: &'a Specimen<R>, of: &str) -> Self {
        let wire = Wire::new(&format!("{}-{of}", specimen.name));
        let kinds = specimen.kinds(&wire);
        let kinds: Vec<_> = kinds.iter().map(String::as_str).collect();
        Self { specimen, wire: wire.limited_to(&kinds).await }
    }

    /// Another that has the same on record, and changes the cloud behind this one's back.
    fn twin(&self) -> Self {
        Self { specimen: self.specimen, wire: self.wire.twin() }
    }

    fn program(&self, version: &Version<'_, R>) -> Stack {
        self.program_with(version, Options::default())
    }

    fn program_with(&self, version: &Version<'_, R>, options: Options) -> Stack {
        self.specimen.program(&self.wire, version, options)
    }

    async fn apply(&self, version: Version<'_, R>) -> Vec<String> {
        self.wire.apply(self.program(&version)).await
    }

    /// What a plan says of the object. Of everything else it may only say that it is made.
    async fn plan(&self, version: Version<'_, R>) -> Vec<String> {
        let lines = self.wire.plan(self.program(&version)).await;
        let address = Specimen::<R>::address().to_string();
        let of = |line: &str| line.split(' ').nth(1).expect("an address").to_owned();
        let (own, others): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| of(line) == address);
        assert_eq!(others, [""; 0], "{address}: something else changes");
        own
    }

    async fn settled(&self, version: Version<'_, R>) {
        assert_eq!(self.plan(version).await, [""; 0], "{}: a plan is empty", R::KIND);
    }

    async fn outputs(&self) -> Json {
        self.wire.outputs(&Specimen::<R>::address().to_string()).await
    }

    /// What of the outputs is to stay as it is.
    async fn identity(&self) -> Json {
        let mut outputs = self.outputs().await;
        let all = outputs.as_object_mut().expect("outputs");
        all.retain(|name, _| R::META.is_stable(name));
        outputs
    }

    /// How many objects of the kind carry the stack's mark; none if the kind has no marks.
    async fn marked(&self) -> Option<usize> {
        if R::META.ownership != Ownership::Tagged {
            return None;
        }
        let entry = self.wire.recorded(R::KIND).await;
        let inputs = &entry[&Specimen::<R>::address()].inputs;
        let near: R = serde_json::from_value(inputs.clone()).expect("inputs");
        let lineage = self.wire.snapshot().await.lineage.to_string();
        let mark = Mark { stack: self.wire.name().to_owned(), lineage: Some(lineage) };
        let cx = self.wire.context().await;
        let found =
            R::marked(&cx, &Near::new(vec![near]), &mark).await.unwrap_or_else(|e| panic!("{e}"));
        let of = Specimen::<R>::address();
        Some(found.iter().filter(|one| one.owner.address == of && !one.live.leaving).count())
    }

    /// There is one object and not two.
    async fn assert_single(&self) {
        if let Some(count) = self.marked().await {
            assert_eq!(count, 1, "{}", R::KIND);
        }
    }

    /// Everything goes, and nothing with the stack's mark stays.
    async fn end(&self) {
        self.wire.destroy().await;
        assert_eq!(self.wire.destroy().await, [""; 0], "{}: nothing is left", R::KIND);
    }
}

/// Asserts that lines speak of this field of the object and of no other.
fn assert_only(lines: &[String], verb: &str, address: &str, path: &str, drift: bool) {
    let head = format!("{verb} {address} {path}");
    let own = |line: &String| {
        let rest = line.strip_prefix(&head);
        rest.is_some_and(|rest| rest.starts_with([':', '.', '[']))
            && line.ends_with(" (drift)") == drift
    };
    assert!(!lines.is_empty(), "{head}: the plan says nothing");
    assert!(lines.iter().all(own), "{head} (drift: {drift}): {lines:#?}");
}
