//! One object of a kind, with every way in which it can differ.

use super::{fields, ground::Ground};
use crate::harness::Wire;
use groundplan::{Address, Options, Resource, Stack, aws::Tags, aws::registry};
use std::collections::BTreeSet;

/// The object's name in its stack.
const NAME: &str = "it";
/// The most of an object that a program has.
pub(super) const MANY: u8 = 4;

/// A change of a field.
pub(super) struct Way<R> {
    /// The input path that a plan names.
    pub(super) path: &'static str,
    change: Change<R>,
}

type Change<R> = Box<dyn Fn(&mut R, &mut Ground) + Send + Sync>;

/// An object of a kind, and how it can be changed and replaced.
pub(super) struct Specimen<R> {
    /// Names of stacks begin with it.
    pub(super) name: &'static str,
    base: fn(&mut Ground) -> R,
    pub(super) updates: Vec<Way<R>>,
    /// Ways that there is no way back from.
    pub(super) one_ways: Vec<Way<R>>,
    pub(super) replacements: Vec<Way<R>>,
    /// Makes the object another one of many.
    copies: Option<fn(&mut R, &mut Ground, u8)>,
    /// Whether a delete leaves the object, as others in the account use it.
    pub(super) is_left: bool,
    /// The field by which an object that waits for its deletion differs, where a deleted one can be taken
    /// back: somebody else's delete is a drift of it.
    pub(super) taken_back: Option<&'static str>,
    /// Fields that no way changes, each with the reason.
    fixed: Vec<(&'static str, &'static str)>,
}

/// A version of a specimen's program.
pub(super) enum Version<'a, R> {
    /// The ground without the object.
    Without,
    /// The object as it is at first.
    First,
    /// The object with one way taken.
    With(&'a Way<R>),
}

impl<R: Resource> Specimen<R> {
    /// An object of up to 20 letters of name; `base` adds what it stands on.
    pub(super) fn new(name: &'static str, base: fn(&mut Ground) -> R) -> Self {
        let fixed = vec![("scope", "the account and region are those of the test")];
        Self {
            name,
            base,
            updates: Vec::new(),
            one_ways: Vec::new(),
            replacements: Vec::new(),
            copies: None,
            is_left: false,
            taken_back: None,
            fixed,
        }
    }

    /// Where it keeps its tags: they change like any field.
    pub(super) fn tags(mut self, tags: fn(&mut R) -> &mut Tags) -> Self {
        let change = move |object: &mut R, _: &mut Ground| {
            tags(object).insert("team".to_owned(), "platform".to_owned());
        };
        self.updates.push(Way { path: "tags", change: Box::new(change) });
        self
    }

    /// A field that changes in place.
    pub(super) fn update(mut self, path: &'static str, change: fn(&mut R, &mut Ground)) -> Self {
        self.updates.push(Way { path, change: Box::new(change) });
        self
    }

    /// A field that changes in place and is never taken back, such as a version.
    pub(super) fn one_way(mut self, path: &'static str, change: fn(&mut R, &mut Ground)) -> Self {
        self.one_ways.push(Way { path, change: Box::new(change) });
        self
    }

    /// There can be many; `change` makes it the one of a number, where that takes more than another name.
    pub(super) fn copies(mut self, change: fn(&mut R, &mut Ground, u8)) -> Self {
        self.copies = Some(change);
        self
    }

    /// A delete leaves it.
    pub(super) fn left(mut self) -> Self {
        self.is_left = true;
        self
    }

    /// A field of which a change makes another object.
    pub(super) fn replace(mut self, path: &'static str, change: fn(&mut R, &mut Ground)) -> Self {
        self.replacements.push(Way { path, change: Box::new(change) });
        self
    }

    /// What a plan says of an object that somebody else deleted and that can be taken back: it changes in
    /// this field.
    pub(super) fn taken_back(mut self, path: &'static str) -> Self {
        self.taken_back = Some(path);
        self
    }

    /// A field that nothing changes here, and why.
    pub(super) fn fixed(mut self, path: &'static str, why: &'static str) -> Self {
        self.fixed.push((path, why));
        self
    }

    fn ways(&self) -> impl Iterator<Item = &Way<R>> {
        self.updates.iter().chain(&self.one_ways).chain(&self.replacements)
    }

    /// The object's address.
    pub(super) fn address() -> Address {
        format!("{}/{NAME}", R::KIND).parse().expect("an address")
    }

    /// A version of the program. Whatever any way needs is there in all of them.
    pub(super) fn program(&self, wire: &Wire, version: &Version<'_, R>, options: Options) -> Stack {
        let (stack, scope) = wire.stack();
        let mut ground = Ground::new(stack, scope);
        let first = (self.base)(&mut ground);
        for way in self.ways() {
            (way.change)(&mut first.clone(), &mut ground);
        }
        let mut object = first;
        match version {
            Version::Without => return ground.stack,
            Version::First => {}
            Version::With(way) => (way.change)(&mut object, &mut ground),
        }
        let options = Options { after: ground.before, ..options };
        ground.stack.add_with(NAME, object, options);
        ground.stack
    }

    /// A program with so many of it.
    pub(super) fn many(&self, wire: &Wire, count: u8) -> Option<Stack> {
        let change = self.copies?;
        let (stack, scope) = wire.stack();
        let mut ground = Ground::new(stack, scope);
        // What any of them needs is there in every program.
        for number in 0..MANY {
            let mut object = (self.base)(&mut ground);
            change(&mut object, &mut ground, number);
            if number < count {
                let options = Options { after: ground.before.clone(), ..Options::default() };
                ground.stack.add_with(&format!("{NAME}-{number}"), object, options);
            }
        }
        Some(ground.stack)
    }

    /// The kinds of its program.
    pub(super) fn kinds(&self, wire: &Wire) -> BTreeSet<String> {
        let program = self.program(wire, &Version::First, Options::default());
        let graph =
            program.freeze(&registry()).unwrap_or_else(|why| panic!("{}: {why:#?}", R::KIND));
        graph.addresses().map(|address| address.kind().to_owned()).collect()
    }

    /// What of its fields nothing here speaks of, and what it speaks of without need.
    pub(super) fn gaps(&self) -> Vec<String> {
        let ways = self.ways().map(|way| way.path);
        let named: BTreeSet<_> = ways.chain(self.fixed.iter().map(|(path, _)| *path)).collect();
        let field = |path: &'static str| path.split(['.', '[']).next().expect("a part");
        let spoken: BTreeSet<_> = named.iter().map(|path| field(path)).collect();
        let has: BTreeSet<_> = fields::of::<R>().iter().copied().collect();
        let silent = has.difference(&spoken).map(|field| format!("{} has `{field}`", R::KIND));
        let wrong = spoken.difference(&has).map(|field| format!("{} has no `{field}`", R::KIND));
        silent.chain(wrong).collect()
    }
}
