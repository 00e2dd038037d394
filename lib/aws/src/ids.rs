//! Identifiers that cannot be mistaken for one another: a subnet's id does not fit where a VPC's is
//! wanted, and the wrong wire does not compile.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// An Amazon resource name.
    Arn,
    /// `vpc-…`
    VpcId,
    /// `subnet-…`
    SubnetId,
    /// `igw-…`
    GatewayId,
    /// `eipalloc-…`
    AllocationId,
    /// `nat-…`
    NatGatewayId,
    /// `rtb-…`
    RouteTableId,
    /// `rtbassoc-…`
    AssociationId,
    /// `pcx-…`
    PeeringId,
    /// `sg-…`
    SecurityGroupId,
    /// `sgr-…`
    RuleId,
    /// An availability zone: its name in this account, e.g. `eu-west-1a`, or its id, which is the same in
    /// every account, e.g. `euw1-az1`.
    Zone,
}

/// A block of IPv4 addresses in CIDR notation, e.g. `10.0.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Cidr(ipnet::Ipv4Net);

/// A text that is no block of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrError(String);

impl fmt::Display for CidrError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl std::error::Error for CidrError {}

impl Cidr {
    /// Every address: `0.0.0.0/0`.
    pub fn anywhere() -> Self {
        Self(ipnet::Ipv4Net::default())
    }

    /// The length of the prefix: 16 for `10.0.0.0/16`.
    pub fn prefix(&self) -> u8 {
        self.0.prefix_len()
    }

    /// The blocks of a longer prefix within this one, in order; none if it is not longer.
    pub fn split(&self, prefix: u8) -> impl Iterator<Item = Self> {
        self.0.subnets(prefix).into_iter().flatten().map(Self)
    }

    /// Whether the other block lies within this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether the two blocks share addresses.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

impl std::str::FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let net: ipnet::Ipv4Net = text
            .parse()
            .map_err(|_| CidrError(format!("`{text}` is no IPv4 block such as `10.0.0.0/16`")))?;
        // AWS would silently use the network address; what is written must be what is there.
        if net.trunc() != net {
            return Err(CidrError(format!(
                "`{text}` has bits beyond its prefix; write `{}`",
                net.trunc()
            )));
        }
        Ok(Self(net))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_written_as_it_is() {
        assert!("10.0.0.0/16".parse::<Cidr>().is_ok());
        let error = "10.0.1.7/16".parse::<Cidr>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`10.0.1.7/16` has bits beyond its prefix; write `10.0.0.0/16`"
        );
        assert!("10.0.0.0".parse::<Cidr>().is_err());
    }

    #[test]
    fn blocks_split_in_order() {
        let parts: Vec<_> =
            "10.0.0.0/16".parse::<Cidr>().unwrap().split(18).map(|c| c.to_string()).collect();
        assert_eq!(parts, ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18", "10.0.192.0/18"]);
    }
}
