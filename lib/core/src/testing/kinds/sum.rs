//! A derived value.

use crate::{Cx, Derived, Result, Val};
use serde::{Deserialize, Serialize};

/// A value that takes code to compute: several texts in one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sum {
    /// The texts.
    pub of: Vec<Val<String>>,
}

crate::outputs! {
    /// The value of a [`Sum`].
    pub struct SumOutputs -> SumHandle {
        /// The texts with `+` between them.
        text: String,
    }
}

impl Derived for Sum {
    const KIND: &'static str = "sim.sum";
    type Outputs = SumOutputs;

    async fn derive(&self, _: &Cx) -> Result<SumOutputs> {
        let texts: Vec<_> = self.of.iter().map(|val| val.get().as_str()).collect();
        Ok(SumOutputs { text: texts.join("+") })
    }
}
