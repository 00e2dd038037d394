//! The smallest IAM policies that a plan needs: to be made again, as every apply does, and to be carried
//! out.
//!
//! `table` says what AWS checks for an action, `object` what stands in the names of resources, `needed`
//! puts the two together for what a plan touches and `secrets` for what it reads, `document` writes it down. Pure: nothing is asked of AWS.

mod document;
mod needed;
mod object;
mod secrets;
mod table;

pub use document::{Document, LONGEST, MOST};
pub use needed::{Mark, Policies, Policy, StatePlace, needed};

/// Every action that the table knows, such as `ec2:CreateVpc`, and the actions that AWS always wants besides
/// it.
pub fn actions() -> impl Iterator<Item = (String, Vec<&'static str>)> {
    table::services().iter().flat_map(|(prefix, service)| {
        service.actions.iter().map(move |(name, row)| {
            let always = row.also.iter().filter(|also| also.given.is_none());
            (format!("{prefix}:{name}"), always.map(|also| also.action.as_str()).collect())
        })
    })
}
