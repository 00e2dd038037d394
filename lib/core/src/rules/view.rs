//! What a rule sees of a program.

use crate::{Address, Graph, Json, Known, Resource, Val, expr};
use jiff::civil::Date;
use serde::Serialize;

/// A program as a rule sees it: every resource as it is written, with references to other resources in
/// place.
#[derive(Debug)]
pub struct View<'a> {
    resources: Vec<(&'a Address, Json)>,
    today: Date,
}

impl<'a> View<'a> {
    pub(super) fn new(graph: &'a Graph, today: Date) -> Self {
        // Texts that are put together from what is known are texts.
        let written = |draft: &Json| expr::resolve(draft, &Known::new());
        let resources = graph.nodes.iter().map(|node| (&node.address, written(&node.draft)));
        Self { resources: resources.collect(), today }
    }

    /// The day on which the program is looked at.
    pub fn today(&self) -> Date {
        self.today
    }

    /// Every resource of a kind.
    pub fn all<R: Resource>(&self) -> Vec<(&'a Address, R)> {
        let read = self.read().into_iter();
        read.filter_map(|(address, resource)| Some((address, resource?))).collect()
    }

    /// The resource of a kind whose output a value is, or is made of.
    pub fn source<R: Resource>(&self, value: &Val<impl Serialize>) -> Option<(&'a Address, R)> {
        let named = expr::references(&expr::to_json(value));
        let found = self
            .resources
            .iter()
            .find(|(address, _)| address.kind() == R::KIND && named.contains(*address));
        found.and_then(|(address, draft)| Some((*address, R::deserialize(draft).ok()?)))
    }

    /// Every resource of a kind; none where it cannot be read as one.
    pub(super) fn read<R: Resource>(&self) -> Vec<(&'a Address, Option<R>)> {
        let of_kind = self.resources.iter().filter(|(address, _)| address.kind() == R::KIND);
        of_kind.map(|(address, draft)| (*address, R::deserialize(draft).ok())).collect()
    }
}
