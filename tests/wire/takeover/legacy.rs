//! Nothing yet.

use groundplan::{Stack, Val, aws::Scope};

pub fn declare(_: &mut Stack, _: &Val<Scope>) {}
