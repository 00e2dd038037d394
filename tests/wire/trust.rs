//! Who may take on the roles of the tests' programs.

use crate::harness::ACCOUNT;
use groundplan::{Val, json_text};

pub(crate) use groundplan::platform::trust_service as trust;

/// A trust policy for whoever the account lets.
pub(crate) fn trust_of_account() -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
            "Action": "sts:AssumeRole",
        }],
    })
}
