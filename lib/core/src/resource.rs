//! What a resource kind is: four verbs over typed inputs and outputs.

use crate::{
    Class, Cx, Fault, Fields, Iam, Identity, Live, Mark, Marked, Meta, Near, Preview, Problems,
    Risk, Seen, StepCx, Transition, Wanted,
};
use groundplan_state::Address;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;
use std::fmt::Debug;
use std::future::Future;

/// The result of a verb.
pub type Result<T> = std::result::Result<T, Fault>;

/// A kind of object that can be created, changed and deleted. Its fields are the inputs.
///
/// One file holds one kind, and one line in a registry makes it known. The engine calls the verbs
/// with every reference in the inputs resolved.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource kind",
    note = "a derived value is added with `stack.derive`, a resource kind implements `Resource`"
)]
pub trait Resource: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The kind's name, e.g. `ec2.subnet`. Written to state, so it never changes.
    const KIND: &'static str;
    /// The version of the schema of inputs and outputs; see [`Resource::upgrade`].
    const VERSION: u32 = 0;
    /// What the kind declares about itself.
    const META: Meta;
    /// What the cloud assigns; made by [`outputs!`](crate::outputs).
    type Outputs: Outputs;

    /// Checks fields for what can never work. Values not known yet are left alone.
    fn validate(&self, _problems: &mut Problems) {}

    /// Reads the live objects that are wanted, all of one place, with as few calls as the API allows.
    ///
    /// The answer has one item for each wanted object, in order. An object without recorded outputs
    /// is looked for by ownership tag, unique name or natural key. Absence is said only if the right
    /// account and region say so: a denied read is a fault.
    fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> impl Future<Output = Result<Vec<Seen<Self::Outputs>>>> + Send;

    /// Makes the object with exactly one creating call, which carries the ownership tags and the
    /// client token where the API takes them. Returns the identity at once, without waiting.
    ///
    /// Where the API would overwrite an object of that name, looks first and refuses what is not ours.
    fn create(&self, cx: &StepCx) -> impl Future<Output = Result<Self::Outputs>> + Send;

    /// Brings the live object to the desired value of the approved fields, and waits until it is
    /// ready. Runs after a create (all fields), on update, and after an interrupted run.
    fn converge(
        &self,
        cx: &StepCx,
        live: Self::Outputs,
        approved: &Fields,
    ) -> impl Future<Output = Result<Self::Outputs>> + Send;

    /// Removes the object and waits until the cloud says that it is gone. Absence is success;
    /// what is not ours is refused.
    fn delete(&self, cx: &StepCx, live: &Self::Outputs) -> impl Future<Output = Result<()>> + Send;

    /// Finds every live object that carries a stack's mark, whatever is recorded of it: what a run that
    /// was cut off left behind, and all of a stack whose state is lost.
    ///
    /// `near` says where to look, and what may be left out as it is read anyway. Kinds whose objects carry no
    /// mark find none: such an object goes with its parent, and cannot be made twice as its key is taken.
    fn marked(
        _cx: &Cx,
        _near: &Near<Self>,
        _mark: &Mark,
    ) -> impl Future<Output = Result<Vec<Marked<Self::Outputs>>>> + Send {
        async { Ok(Vec::new()) }
    }

    /// By what [`observe`](Resource::observe) finds an object that exists already and that nothing here made,
    /// from the id that its users know it by, such as `subnet-…` or the name of a role. None if there is no
    /// such object; a fault of class [`Invalid`](Class::Invalid) if the text is no id of this kind.
    ///
    /// `self` says where to look, and has the keys of what goes with a parent.
    fn identify(
        &self,
        _cx: &Cx,
        _id: &str,
    ) -> impl Future<Output = Result<Option<Identity<Self::Outputs>>>> + Send {
        async {
            let what = format!("{} cannot be taken up by an id", Self::KIND);
            Err(Fault::new(Class::Invalid, what)
                .hint("leave it where it is, and let another be made"))
        }
    }

    /// The id that the inputs alone give, in the form that [`identify`](Resource::identify) takes: that of a
    /// unique name or a natural key. None where only the cloud assigns ids. `name` is the name of the object,
    /// where its kind has names.
    fn key(&self, _name: Option<&str>) -> Option<String> {
        None
    }

    /// Says what a change will do inside the object, for kinds that hold many, such as a Helm
    /// release. `draft` may hold values that are not known yet.
    fn preview(
        _cx: &Cx,
        _before: Option<&Self>,
        _draft: &Json,
    ) -> impl Future<Output = Result<Option<Preview>>> + Send {
        async { Ok(None) }
    }

    /// What a reviewer of a plan must not miss about a change beyond that it is one: data that goes with
    /// the object, what is interrupted meanwhile, who may do more, who can reach it. Asked of every change
    /// of an object, with values that may not be known yet; decides nothing.
    fn risks(_change: Transition<'_>) -> Vec<Risk> {
        Vec::new()
    }

    /// A change that the cloud does for nobody, such as going back to an older version: what it is, and what
    /// to do in its place as the hint. A plan with it is refused before anything is begun. Asked as
    /// [`risks`](Resource::risks) is.
    fn impossible(_change: Transition<'_>) -> Option<Fault> {
        None
    }

    /// Brings recorded inputs and outputs of an older schema version to this one.
    fn upgrade(from: u32, _inputs: &mut Json, _outputs: &mut Json) -> Result<()> {
        Err(Fault::new(
            Class::Invalid,
            format!("no migration from version {from} of {}", Self::KIND),
        ))
    }
}

/// A value that needs code to compute from other resources' outputs: it reads, writes nothing, and
/// leaves nothing to delete.
///
/// It is computed at plan when its inputs are known, else at apply.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a derived kind",
    note = "a resource kind is added with `stack.add`, a derived value implements `Derived`"
)]
pub trait Derived: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The kind's name, e.g. `aws.account`. Written to state, so it never changes.
    const KIND: &'static str;
    /// The rights that computing it takes, under `observe`.
    const IAM: Iam = Iam::NONE;
    /// The value; made by [`outputs!`](crate::outputs).
    type Outputs: Outputs;

    /// Checks fields for what can never work. Values not known yet are left alone.
    fn validate(&self, _problems: &mut Problems) {}

    /// The outputs as far as they can be told from inputs that may still hold references, for values
    /// that only put others together. Parts that are not known stay references.
    ///
    /// Without it all outputs of a value whose inputs are not known count as unknown, and whatever uses
    /// them as changed.
    fn foresee(_draft: &Json) -> Option<Json> {
        None
    }

    /// Computes the value.
    fn derive(&self, cx: &Cx) -> impl Future<Output = Result<Self::Outputs>> + Send;
}

/// The outputs of a kind. Implemented by [`outputs!`](crate::outputs).
#[diagnostic::on_unimplemented(note = "declare outputs with the macro `outputs!`")]
pub trait Outputs: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static {
    /// What programs hold: one accessor for each output.
    type Handle: From<Address> + Clone;
    /// The outputs' names.
    const FIELDS: &'static [&'static str];
}

/// Declares the outputs of a kind, and the handle through which programs refer to them.
///
/// Outputs under `later` are not assigned by the create; they are `Option`s that become known
/// when the object is ready. The crate that uses this needs `serde`, as its inputs do anyway.
///
/// ```
/// groundplan_core::outputs! {
///     /// What the cloud assigned to a disk.
///     pub struct DiskOutputs -> DiskHandle {
///         /// The id.
///         id: String,
///     } later {
///         /// Where it is attached.
///         device: String,
///     }
/// }
/// ```
#[macro_export]
macro_rules! outputs {
    ($(#[$doc:meta])* $vis:vis struct $outputs:ident -> $handle:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)?
    } $(later {
        $($(#[$later_doc:meta])* $later:ident: $later_type:ty),* $(,)?
    })?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        $vis struct $outputs {
            $($(#[$field_doc])* $vis $field: $type,)*
            $($($(#[$later_doc])* #[serde(default)] $vis $later: Option<$later_type>,)*)?
        }

        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis struct $handle($crate::Address);

        impl From<$crate::Address> for $handle {
            fn from(address: $crate::Address) -> Self { Self(address) }
        }
        impl $handle {
            /// The resource's name in the stack.
            $vis fn address(&self) -> &$crate::Address { &self.0 }
            $($(#[$field_doc])*
            $vis fn $field(&self) -> $crate::Val<$type> {
                $crate::Val::output(&self.0, stringify!($field))
            })*
            $($($(#[$later_doc])*
            $vis fn $later(&self) -> $crate::Val<$later_type> {
                $crate::Val::output(&self.0, stringify!($later))
            })*)?
        }
        impl $crate::Outputs for $outputs {
            type Handle = $handle;
            const FIELDS: &'static [&'static str] =
                &[$(stringify!($field),)* $($(stringify!($later),)*)?];
        }
    };
}

/// Shortens the common answer of `observe`.
impl<O> From<Live<O>> for Seen<O> {
    fn from(live: Live<O>) -> Self {
        Self::Present(Box::new(live))
    }
}
