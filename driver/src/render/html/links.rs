//! Names of resources that lead to where they are told of on the same page.

use super::foreign;
use groundplan::Address;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Where on a page each resource is told of.
#[derive(Debug)]
pub(super) struct Links {
    places: BTreeMap<String, String>,
}

impl Links {
    /// Resources in the order of the page; the first of a name is the place of the name.
    pub(super) fn to<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Self {
        let mut places = BTreeMap::new();
        for (number, address) in addresses.into_iter().enumerate() {
            places.entry(address.to_string()).or_insert_with(|| place(number));
        }
        Self { places }
    }

    /// A resource's name.
    pub(super) fn resource(&self, address: &Address) -> Markup {
        self.named(&address.to_string(), &address.to_string())
    }

    /// The output of a resource that a value comes from: `ec2.vpc/main#id`.
    pub(super) fn output(&self, source: &str) -> Markup {
        let (address, _) = source.split_once('#').unwrap_or((source, ""));
        self.named(address, source)
    }

    fn named(&self, address: &str, name: &str) -> Markup {
        html! {
            @if let Some(place) = self.places.get(address) {
                a.name href=(format!("#{place}")) { (foreign::text(name)) }
            } @else {
                span.name { (foreign::text(name)) }
            }
        }
    }
}

/// The place of the resource with this number.
pub(super) fn place(number: usize) -> String {
    format!("r{number}")
}
