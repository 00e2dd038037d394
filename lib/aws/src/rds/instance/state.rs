//! What RDS says of an instance's state, and what that means for us.

use groundplan_core::{Class, Fault};

pub(super) const DELETING: &str = "deleting";
const STORAGE_FULL: &str = "storage-full";

/// What a status means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It works, and takes changes.
    Usable,
    /// It comes to another state by itself.
    Busy,
    /// It stays so until somebody does something, and this is what.
    Stuck(&'static str),
}

/// What a status means. Unknown ones pass: RDS has many for work under way.
pub(super) fn state(status: &str) -> State {
    match status {
        // Optimization goes on for hours after storage was changed, and blocks are loaded for hours after a
        // restore; the database works meanwhile.
        "available" | "storage-optimization" | "storage-initialization" => State::Usable,
        DELETING => State::Stuck("wait until it is gone, then plan again"),
        STORAGE_FULL => State::Stuck("raise `storage_gib`"),
        "stopped" | "stopping" => State::Stuck("start it: aws rds start-db-instance"),
        "incompatible-network" => State::Stuck(
            "see that the subnets of its group have free addresses and its security groups exist",
        ),
        "incompatible-parameters" => {
            State::Stuck("mend its parameter group, then: aws rds reboot-db-instance")
        }
        "incompatible-option-group" => State::Stuck("mend or replace its option group"),
        "incompatible-create"
        | "incompatible-credentials"
        | "incompatible-restore"
        | "restore-error"
        | "failed" => {
            State::Stuck("see why with aws rds describe-events; then make it anew: --replace")
        }
        "upgrade-failed" | "upgrade_failed" => {
            State::Stuck("see why with aws rds describe-events, and in its log")
        }
        "insufficient-capacity" => {
            State::Stuck("AWS has no such machine free now: choose another `class`, or try later")
        }
        "inaccessible-encryption-credentials"
        | "inaccessible-encryption-credentials-recoverable" => {
            State::Stuck("enable its KMS key again, then: aws rds start-db-instance")
        }
        _ => State::Busy,
    }
}

/// Whether growing the storage is what gets it out of this state.
pub(super) fn wants_storage(status: &str) -> bool {
    status == STORAGE_FULL
}

/// Whether RDS deletes it only without a last snapshot (`DeleteDBInstance`, `SkipFinalSnapshot`).
pub(super) fn gives_no_snapshot(status: &str) -> bool {
    matches!(status, "failed" | "incompatible-restore" | "incompatible-network")
}

/// The fault of an instance that is in a state it does not leave.
pub(super) fn stuck(id: &str, status: &str, hint: &str) -> Fault {
    Fault::new(Class::Other, format!("the database `{id}` is {status}"))
        .why("it does not leave this state by itself")
        .hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_without_a_way_out_is_told_from_work_under_way() {
        for status in ["available", "storage-optimization", "storage-initialization"] {
            assert_eq!(state(status), State::Usable, "{status}");
        }
        for status in
            ["creating", "backing-up", "modifying", "upgrading", "configuring-log-exports"]
        {
            assert_eq!(state(status), State::Busy, "{status}");
        }
        for status in ["failed", "incompatible-network", "incompatible-parameters", "storage-full"]
        {
            assert!(matches!(state(status), State::Stuck(_)), "{status}");
        }
    }

    #[test]
    fn a_broken_instance_gives_no_snapshot() {
        assert!(!gives_no_snapshot("available") && !gives_no_snapshot("storage-full"));
        assert!(gives_no_snapshot("failed") && gives_no_snapshot("incompatible-restore"));
    }
}
