//! A program with its types erased, so that commands are compiled once and not for each program.

use crate::{
    config::{self, Files, Sound, Wanted},
    render::error::Failure,
};
use groundplan::{Checks, Graph, Json, Program, Registry, Rules, Severity, Stack, Waiver};
use jiff::{Timestamp, tz::TimeZone};
use std::path::PathBuf;

/// Reads settings, and builds the stack that they ask for; with the waivers in them.
type StackOf = fn(&Files, &Rules) -> Result<(Stack, Vec<Waiver>), Failure>;

/// A program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    /// What it is called.
    pub(crate) name: &'static str,
    schema: fn(&Rules) -> Json,
    registry: fn() -> Registry,
    rules: fn() -> Rules,
    stack: StackOf,
}

/// What a program asks for with these settings.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The stack's name.
    pub(crate) stack: String,
    /// The resources.
    pub(crate) graph: Graph,
    /// What it is held against.
    rules: Rules,
    /// What is left as it is, whatever rules find.
    waivers: Vec<Waiver>,
    /// The folder of the settings.
    pub(crate) folder: PathBuf,
}

impl Asked {
    /// What it is held against today. Findings of the weight `deny` or more keep it from being applied.
    pub(crate) fn checks(&self, deny: Severity) -> Checks {
        let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
        Checks { rules: self.rules.clone(), waivers: self.waivers.clone(), deny, today }
    }
}

impl Definition {
    /// Of a program.
    pub(crate) fn of<P: Program>() -> Self {
        Self {
            name: P::NAME,
            schema: config::schema::<P::Settings>,
            registry: P::registry,
            rules: P::rules,
            stack: |files, rules| {
                let Sound { settings, waivers } = config::check::<P>(files, rules)?;
                let mut stack = Stack::new(&P::stack(&settings));
                P::build(&settings, &mut stack);
                Ok((stack, waivers))
            },
        }
    }

    /// The JSON Schema of its settings.
    pub(crate) fn schema(&self) -> Json {
        (self.schema)(&self.rules())
    }

    /// Every kind that it knows.
    pub(crate) fn registry(&self) -> Registry {
        groundplan::registry().and((self.registry)())
    }

    /// Every rule that its programs are held against.
    fn rules(&self) -> Rules {
        groundplan::rules().and((self.rules)())
    }

    /// Reads its settings and asks what it wants, or says every mistake that stands in the way.
    pub(crate) fn ask(&self, wanted: &Wanted) -> Result<Asked, Failure> {
        let files = config::load(wanted)?;
        let rules = self.rules();
        let (stack, waivers) = (self.stack)(&files, &rules)?;
        let name = stack.name().to_owned();
        let graph =
            stack.freeze(&self.registry()).map_err(|problems| Failure::from(&problems[..]))?;
        Ok(Asked { stack: name, graph, rules, waivers, folder: files.folder })
    }
}
