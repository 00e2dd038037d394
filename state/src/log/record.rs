//! One slot of the journal, as it is written: a checksum over the exact JSON that follows it.

use crate::{Change, Holder, Lineage, Realm, Run};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One slot of the journal. Slots are numbered without gap, created exclusively, never rewritten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Its place in the order, from 1.
    pub(super) slot: u64,
    /// The lease under which it was written.
    pub(super) epoch: u64,
    /// The session that wrote it.
    pub(super) nonce: Uuid,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    /// The lease of this epoch was taken, and every one before it is over.
    Taken(Box<Taken>),
    /// A group of changes.
    Changes { serial: u64, changes: Vec<Change> },
    /// A run ended.
    Ran(Run),
    /// The lease was given back.
    Released,
}

/// Who took a lease, and of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Taken {
    pub(super) holder: Holder,
    pub(super) stack: String,
    pub(super) lineage: Lineage,
    pub(super) realm: Realm,
}

impl Record {
    pub(super) fn encode(&self) -> Vec<u8> {
        let json = serde_json::to_string(self).expect("BUG: a record is JSON");
        format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes()
    }

    /// Reads what is in the place of a slot. Fails with what is wrong with it.
    pub(super) fn decode(slot: u64, bytes: &[u8]) -> Result<Self, String> {
        let body = bytes.strip_suffix(b"\n").ok_or("it does not end")?;
        let (sum, json) = body.split_at_checked(8).ok_or("it is too short")?;
        let json = json.strip_prefix(b" ").ok_or("its checksum is not followed by a record")?;
        if sum != format!("{:08x}", crc32fast::hash(json)).as_bytes() {
            return Err("its checksum does not match".into());
        }
        let record: Self =
            serde_json::from_slice(json).map_err(|e| format!("it has an unknown form: {e}"))?;
        if record.slot != slot {
            return Err(format!("it is record {}, in the place of {slot}", record.slot));
        }
        Ok(record)
    }
}
