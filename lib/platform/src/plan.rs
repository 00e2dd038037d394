//! How a network's addresses are divided.

use groundplan_aws::Cidr;
use std::fmt;

/// The most zones that an address plan has room for.
pub(crate) const ZONES_MAX: usize = 6;

/// The blocks of a network, one of each kind for each zone.
///
/// The block is cut into eighths. Six are for private subnets, as pods take their addresses there; one
/// is for public subnets, which hold load balancers and NAT gateways; one is for the control plane,
/// which wants a subnet of its own with a few free addresses at all times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPlan {
    /// For nodes, pods and stores.
    pub private: Vec<Cidr>,
    /// For what the internet reaches.
    pub public: Vec<Cidr>,
    /// For the control plane's network interfaces: /28 each.
    pub control_plane: Vec<Cidr>,
}

/// Why a block cannot be divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPlanError(String);

impl fmt::Display for AddressPlanError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for AddressPlanError {}

impl AddressPlan {
    /// Divides a block of /16 to /22 for up to six zones.
    pub fn divide(block: Cidr, zones: usize) -> Result<Self, AddressPlanError> {
        if !(16..=22).contains(&block.prefix()) {
            let why = "it is cut into eighths: from /16, the largest a VPC has, to /22";
            return Err(AddressPlanError(format!("{block} cannot be divided: {why}")));
        }
        if zones == 0 || zones > ZONES_MAX {
            return Err(AddressPlanError(format!("name 1 to {ZONES_MAX} zones, not {zones}")));
        }
        let eighths: Vec<_> = block.split(block.prefix() + 3).collect();
        Ok(Self {
            private: eighths[..zones].to_vec(),
            public: eighths[6].split(block.prefix() + 6).take(zones).collect(),
            control_plane: eighths[7].split(28).take(zones).collect(),
        })
    }

    /// The same with other private blocks, one for each zone.
    pub(crate) fn with_private(
        mut self,
        block: Cidr,
        private: Option<Vec<Cidr>>,
    ) -> Result<Self, AddressPlanError> {
        let Some(private) = private else { return Ok(self) };
        let refuse = |why: String| Err(AddressPlanError(why));
        if private.len() != self.private.len() {
            let (given, zones) = (private.len(), self.private.len());
            return refuse(format!("{given} private blocks for {zones} zones; give one for each"));
        }
        let others: Vec<_> = self.public.iter().chain(&self.control_plane).collect();
        for (number, one) in private.iter().enumerate() {
            if !block.contains(one) {
                return refuse(format!("{one} is not within {block}"));
            }
            let taken = others.iter().copied().chain(&private[..number]).find(|o| o.overlaps(one));
            if let Some(taken) = taken {
                return refuse(format!("{one} overlaps {taken}, which another subnet has"));
            }
        }
        self.private = private;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divide(block: &str, zones: usize) -> AddressPlan {
        AddressPlan::divide(block.parse().unwrap(), zones).unwrap()
    }

    fn texts(blocks: &[Cidr]) -> Vec<String> {
        blocks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_usual_network() {
        let plan = divide("10.0.0.0/16", 3);
        assert_eq!(texts(&plan.private), ["10.0.0.0/19", "10.0.32.0/19", "10.0.64.0/19"]);
        assert_eq!(texts(&plan.public), ["10.0.192.0/22", "10.0.196.0/22", "10.0.200.0/22"]);
        assert_eq!(
            texts(&plan.control_plane),
            ["10.0.224.0/28", "10.0.224.16/28", "10.0.224.32/28"]
        );
    }

    #[test]
    fn no_two_blocks_share_an_address_and_all_lie_inside() {
        for prefix in 16..=22 {
            for zones in 1..=ZONES_MAX {
                let block: Cidr = format!("10.64.0.0/{prefix}").parse().unwrap();
                let plan = AddressPlan::divide(block, zones).unwrap();
                let all = [plan.private, plan.public, plan.control_plane].concat();
                assert_eq!(all.len(), 3 * zones);
                for (i, one) in all.iter().enumerate() {
                    assert!(block.contains(one) && one.prefix() <= 28, "{one} in {block}");
                    assert!(all[..i].iter().all(|other| !other.overlaps(one)), "{one} in {block}");
                }
            }
        }
    }

    #[test]
    fn private_blocks_of_ones_own_fit_in() {
        let plan = divide("10.0.0.0/16", 2);
        let with = |blocks: &[&str]| {
            let blocks = blocks.iter().map(|b| b.parse().unwrap()).collect();
            plan.clone().with_private("10.0.0.0/16".parse().unwrap(), Some(blocks))
        };
        let given = with(&["10.0.0.0/20", "10.0.96.0/20"]).unwrap();
        assert_eq!(texts(&given.private), ["10.0.0.0/20", "10.0.96.0/20"]);
        for wrong in [
            &["10.0.0.0/20"][..],
            &["10.0.0.0/20", "10.0.0.0/24"],
            &["10.0.0.0/20", "10.0.192.0/24"],
            &["10.0.0.0/20", "10.1.0.0/20"],
        ] {
            assert!(with(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        for (block, zones) in
            [("10.0.0.0/15", 3), ("10.0.0.0/23", 3), ("10.0.0.0/16", 0), ("10.0.0.0/16", 7)]
        {
            assert!(AddressPlan::divide(block.parse().unwrap(), zones).is_err(), "{block} {zones}");
        }
    }
}
