//! Objects that exist already, read and written as the Rust that declares them.
//!
//! Each is read live, so what is written is what is there, and the plan after the import is empty. What the
//! objects say of each other becomes references. Nothing that is read holds a secret, so nothing that is
//! written does. Reads only.

mod blank;
mod code;
mod forms;
mod link;
mod rust;

use crate::Scope;
use code::Code;
use futures::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use groundplan_core::{Address, Class, Cx, Fault, Json, Meta, Options, Result, Stack};
use rust::Writer;
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet};

/// Objects that are read at the same time.
const AT_ONCE: usize = 8;

/// An object that is to be declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Existing {
    /// The resource that is to be it.
    pub address: Address,
    /// The id that its kind's users know it by, as `apply import` takes it.
    pub id: String,
}

/// An object as a program declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The resource.
    pub address: Address,
    /// The object's id.
    pub id: String,
    /// What the program says of it, with references to the others that were declared with it.
    pub inputs: Map<String, Json>,
    /// What is there and no input says, because objects of the kind never are so: the import mends it.
    pub beyond: Map<String, Json>,
    /// Its inputs before anything was put in their place.
    plain: Map<String, Json>,
    outputs: Json,
    meta: &'static Meta,
}

impl Declared {
    /// Whether a record of these inputs and outputs is of this very object.
    pub fn is(&self, inputs: &Json, outputs: Option<&Json>) -> bool {
        let same = |key: &&str| self.plain.get(*key) == inputs.get(*key);
        let same_object = |recorded: &Json| {
            *recorded == self.outputs || self.meta.same_object(recorded, &self.outputs)
        };
        outputs.is_some_and(same_object) && blank::keys(self.address.kind()).iter().all(same)
    }
}

/// Reads objects, and declares those that are there; the others are the second part of the answer.
///
/// # Errors
/// If a kind is none of AWS', an id is none of its kind, or a read fails.
pub async fn declare(
    cx: &Cx,
    scope: &Scope,
    objects: &[Existing],
) -> Result<(Vec<Declared>, Vec<Existing>)> {
    let reads: Vec<_> = objects.iter().map(|object| read(cx, scope, object)).collect();
    let read: Vec<_> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    let (mut declared, mut absent) = (Vec::new(), Vec::new());
    for (object, found) in objects.iter().zip(read) {
        match found {
            Some(found) => declared.push(found),
            None => absent.push(object.clone()),
        }
    }
    link::link(&mut declared);
    Ok((declared, absent))
}

/// Boxed, as the type of many reads at once is otherwise more than the compiler can tell to be `Send`.
fn read<'a>(
    cx: &'a Cx,
    scope: &'a Scope,
    object: &'a Existing,
) -> BoxFuture<'a, Result<Option<Declared>>> {
    Box::pin(read_one(cx, scope, object))
}

async fn read_one(cx: &Cx, scope: &Scope, object: &Existing) -> Result<Option<Declared>> {
    let Existing { address, id } = object;
    let Some((_, _, form)) = forms::of_kind(address.kind()) else {
        let what = format!("{} is no kind whose objects can be written down", address.kind());
        return Err(Fault::new(Class::Invalid, what).hint("declare it by hand, then import it"));
    };
    let asked = blank::blank(address.kind(), scope, id)?;
    let all = crate::registry();
    let Some(found) = all.standing(cx, address, &asked, id).await? else { return Ok(None) };
    let meta = all.meta(address.kind()).expect("BUG: what stands there is of a known kind");
    let is_input = |name: &String| form.fields.iter().any(|(field, ..)| field == name);
    let (inputs, beyond): (Map<_, _>, _) =
        found.inputs.into_iter().partition(|(name, _)| is_input(name));
    let (address, id, plain) = (address.clone(), id.clone(), inputs.clone());
    Ok(Some(Declared { address, id, inputs, beyond, plain, outputs: found.outputs, meta }))
}

/// A program of these objects as data, each of which is imported: what a plan shows before anybody has the
/// program.
pub fn graph(stack: &str, declared: &[Declared]) -> Stack {
    let mut stack = Stack::new(stack);
    for one in declared {
        let options = Options { import: Some(one.id.clone()), ..Options::default() };
        stack.declare(&one.address, one.inputs.clone().into(), options);
    }
    stack
}

/// The objects as a Rust module with one function, `declare`; `about` says where they are from, one line each.
pub fn module(declared: &[Declared], about: &[String]) -> String {
    let names = names(declared);
    let (mut imports, mut uses) = (BTreeSet::new(), BTreeSet::new());
    let mut body = String::new();
    for one in declared {
        body += &statements(one, declared, &names, &mut imports, &mut uses);
    }
    let tags = body.contains("tags([");
    if tags {
        imports.insert("Tags".to_owned());
    }
    imports.insert("Scope".to_owned());
    let mut text: String =
        about.iter().map(|line| format!("//! {line}").trim_end().to_owned() + "\n").collect();
    text += "\n";
    let root = Code::list(
        "groundplan::{",
        ["Options", "Stack", "Val"]
            .into_iter()
            .chain(uses.iter().filter_map(|path| path.strip_prefix("groundplan::")))
            .map(Code::word)
            .chain([Code::list("aws::{", imports.iter().map(Code::word).collect(), "}")])
            .collect(),
        "}",
    );
    root.behind("use ").write(&mut text, 0, ";");
    for path in uses.iter().filter(|path| path.starts_with("std::")) {
        text.extend(["use ", path, ";\n"]);
    }
    text += "\n/// Adds everything to a stack.\n";
    text += "pub(crate) fn declare(stack: &mut Stack, scope: &Val<Scope>) {\n";
    text += &body;
    text += "}\n\n/// What a resource is until an apply has taken it up; after that this may go.\n";
    text += "fn existing(id: &str) -> Options {\n";
    text += "    Options { import: Some(id.to_owned()), ..Options::default() }\n}\n";
    if tags {
        text += "\nfn tags<const N: usize>(tags: [(&str, &str); N]) -> Tags {\n";
        text += "    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()\n}\n";
    }
    text
}

/// The statements that declare one object.
fn statements(
    one: &Declared,
    all: &[Declared],
    names: &BTreeMap<Address, String>,
    imports: &mut BTreeSet<String>,
    uses: &mut BTreeSet<&'static str>,
) -> String {
    let name = &names[&one.address];
    let mut text = String::new();
    for (field, value) in &one.beyond {
        let said = value.to_string();
        let why = " there, which no object of its kind is: the import mends it.\n";
        text.extend(["    // ", field, " is ", &said, why]);
    }
    let object = Writer::new(one.address.kind(), names, imports, uses).object(one);
    text += "    ";
    object.behind(&format!("let {name} = ")).write(&mut text, 4, ";");
    let label = Code::text(one.address.name());
    let existing = Code::word(format!("existing({:?})", one.id));
    let added = Code::list("stack.add_with(", vec![label, Code::word(name), existing], ")");
    let address = &one.address;
    let needed = all.iter().any(|other| {
        let inputs = other.inputs.clone().into();
        groundplan_core::references(&inputs).contains(address)
    });
    text += "    ";
    let added = if needed { added.behind(&format!("let {name} = ")) } else { added };
    added.write(&mut text, 4, ";");
    text
}

/// A variable for each object: its name, and its kind where another has that name too.
fn names(declared: &[Declared]) -> BTreeMap<Address, String> {
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::from(["stack".to_owned(), "scope".to_owned()]);
    for one in declared {
        let kind = one.address.kind().rsplit('.').next().unwrap_or_default();
        let own = variable(one.address.name());
        let tries = [own.clone(), format!("{own}_{kind}")].into_iter();
        let more = (2..).map(|n| format!("{own}_{kind}_{n}"));
        let name = tries.chain(more).find(|name| !taken.contains(name)).expect("BUG: endless");
        taken.insert(name.clone());
        names.insert(one.address.clone(), name);
    }
    names
}

/// A name as a variable.
fn variable(name: &str) -> String {
    // Rust's own, those that it keeps for later, and what the module calls its helpers.
    const WORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern \
        false final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self \
        static struct super trait true try type typeof unsafe unsized use virtual where while yield \
        existing tags";
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let plain = plain.to_ascii_lowercase();
    if plain.starts_with(|c: char| c.is_ascii_digit()) || WORDS.split(' ').any(|word| word == plain)
    {
        return format!("the_{plain}");
    }
    plain
}
