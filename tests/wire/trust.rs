//! Who may take on the roles of the tests' programs.

use crate::harness::ACCOUNT;
use groundplan::{Val, json_text};

/// A trust policy for a service of AWS.
pub(crate) fn trust(service: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
        }],
    })
}

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
