//! The network: subnets of three kinds in each zone, a way in and a way out.

mod watch;

use crate::{
    AccountParts, AddressPlan, PeeringPart,
    names::{after, named},
};
use groundplan_aws::{
    Cidr, RouteTableId, Scope, SubnetId, Tags, VpcId, Zone,
    ec2::{
        ElasticIp, GatewayAttachment, InternetGateway, NatGateway, NatGatewayHandle, Route,
        RouteTable, RouteTableAssociation, RouteTableHandle, RouteTarget, Subnet, SubnetHandle,
        Vpc, VpcHandle,
    },
};
use groundplan_core::{Address, Stack, Val};

/// A VPC with private, public and control-plane subnets in each zone.
///
/// Nodes, pods and stores live in private subnets and reach the internet through NAT gateways, and S3
/// without them; only load balancers and the gateways themselves are in public ones.
#[derive(Clone, Debug)]
pub struct Network {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The addresses, /16 to /22. Overlap with another network rules out peering with it for ever.
    pub cidr: Cidr,
    /// The zones, e.g. `eu-west-1a`. EKS wants two at least.
    pub zones: Vec<Zone>,
    /// The blocks of the private subnets, by zone, where the usual plan does not do.
    pub private_cidrs: Option<Vec<Cidr>>,
    /// How private subnets reach the internet.
    pub nat: NatGateways,
    /// For how many days it is kept who talked to whom; nothing is recorded if absent.
    pub flow_log_days: Option<u32>,
    /// Added to the ownership tags of everything.
    pub tags: Tags,
}

/// How private subnets reach the internet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NatGateways {
    /// A gateway in each zone: a zone that fails takes no other with it, and no traffic crosses zones.
    #[default]
    PerZone,
    /// One gateway for all: cheaper, and all go dark with its zone.
    One,
}

/// What others need of a [`Network`].
#[derive(Clone, Debug)]
pub struct NetworkParts {
    /// The VPC.
    pub vpc: VpcHandle,
    /// Its addresses.
    pub cidr: Cidr,
    /// The zones of its subnets, in their order.
    pub zones: Vec<Zone>,
    /// For nodes, pods and stores, by zone.
    pub private: Vec<SubnetHandle>,
    /// For load balancers, by zone.
    pub public: Vec<SubnetHandle>,
    /// For the cluster's control plane, by zone.
    pub control_plane: Vec<SubnetHandle>,
    /// The route tables of the private subnets and the control plane's, each by its name.
    pub tables: Vec<(String, Val<RouteTableId>)>,
    /// What must be there before a private subnet reaches the internet.
    pub egress: Vec<Address>,
}

/// Subnets of one VPC for stores: the private ones of a network, or some that another account shares.
#[derive(Clone, Debug)]
pub struct Subnets {
    /// The VPC.
    pub vpc: Val<VpcId>,
    /// The subnets, each in another zone.
    pub ids: Vec<Val<SubnetId>>,
}

impl NetworkParts {
    /// The ids of the private subnets.
    pub fn private_ids(&self) -> Vec<Val<SubnetId>> {
        self.private.iter().map(SubnetHandle::id).collect()
    }

    /// The private subnets, for stores.
    pub fn stores(&self) -> Subnets {
        Subnets { vpc: self.vpc.id(), ids: self.private_ids() }
    }

    /// It as one of two networks that are connected.
    pub fn peering_part(&self, name: &str, account: &AccountParts) -> PeeringPart {
        PeeringPart {
            name: name.to_owned(),
            account: account.clone(),
            vpc: self.vpc.id(),
            cidrs: vec![self.cidr],
            tables: self.tables.clone(),
        }
    }

    /// The ids of the control plane's subnets.
    pub fn control_plane_ids(&self) -> Vec<Val<SubnetId>> {
        self.control_plane.iter().map(SubnetHandle::id).collect()
    }
}

/// A network while it is put together.
struct Building<'a> {
    network: &'a Network,
    stack: &'a mut Stack,
    name: &'a str,
    vpc: VpcHandle,
}

impl Network {
    /// Adds the network. A block that cannot be divided is a problem of the stack.
    pub fn add(self, stack: &mut Stack, name: &str) -> NetworkParts {
        let plan = AddressPlan::divide(self.cidr, self.zones.len())
            .and_then(|plan| plan.with_private(self.cidr, self.private_cidrs.clone()));
        let plan = plan.unwrap_or_else(|error| {
            stack.problem(None, Some("network".into()), error.to_string());
            AddressPlan { private: Vec::new(), public: Vec::new(), control_plane: Vec::new() }
        });
        let tags = named(&self.tags, stack, name);
        let vpc = stack.add(name, Vpc { tags, ..Vpc::new(self.scope.clone(), self.cidr) });
        let mut building = Building { network: &self, stack, name, vpc };
        let public = building.subnets("public", &plan.public);
        let private = building.subnets("private", &plan.private);
        let control_plane = building.subnets("control-plane", &plan.control_plane);
        let (attachment, way_in) = building.internet(&public);
        let gateways = building.nat(&public, &[&attachment, &way_in]);
        let tables = building.tables_out(&gateways);
        let mut egress = building.routes_out(&private, &control_plane, &gateways, &tables);
        // Connections to S3 are cut when the way there changes.
        egress.extend(building.storage(&tables));
        egress.extend([attachment, way_in]);
        if let Some(days) = self.flow_log_days {
            building.flow_log(days);
        }
        let tables = building.named(&tables);
        let vpc = building.vpc;
        let Self { cidr, zones, .. } = self;
        NetworkParts { vpc, cidr, zones, private, public, control_plane, tables, egress }
    }
}

impl Building<'_> {
    fn scope(&self) -> Val<Scope> {
        self.network.scope.clone()
    }

    fn tags(&self, name: &str) -> Tags {
        named(&self.network.tags, self.stack, name)
    }

    /// The name of a part, and of its zone's share.
    fn part(&self, part: &str, zone: Option<usize>) -> String {
        match zone.map(|zone| &self.network.zones[zone]) {
            None => format!("{}-{part}", self.name),
            Some(zone) => format!("{}-{part}-{zone}", self.name),
        }
    }

    fn subnets(&mut self, kind: &str, blocks: &[Cidr]) -> Vec<SubnetHandle> {
        // By these the AWS Load Balancer Controller finds where to put load balancers.
        let role = match kind {
            "public" => Some("kubernetes.io/role/elb"),
            "private" => Some("kubernetes.io/role/internal-elb"),
            _ => None,
        };
        let mut handles = Vec::new();
        for (number, (block, zone)) in blocks.iter().zip(&self.network.zones).enumerate() {
            let name = self.part(kind, Some(number));
            let mut tags = self.tags(&name);
            tags.extend(role.map(|role| (role.to_owned(), "1".to_owned())));
            let subnet = Subnet::new(self.scope(), self.vpc.id(), *block, zone.clone());
            handles.push(self.stack.add(&name, Subnet { tags, ..subnet }));
        }
        handles
    }

    /// The internet gateway and the public subnets' way to it: the attachment and the route.
    fn internet(&mut self, public: &[SubnetHandle]) -> (Address, Address) {
        let name = self.name;
        let gateway =
            InternetGateway { tags: self.tags(name), ..InternetGateway::new(self.scope()) };
        let gateway = self.stack.add(name, gateway);
        let attachment = GatewayAttachment::new(self.scope(), gateway.id(), self.vpc.id());
        let attachment = self.stack.add(name, attachment);
        let table = self.table("public", None);
        let target = RouteTarget::Gateway(attachment.gateway());
        let route = Route::new(self.scope(), table.id(), Cidr::anywhere(), target);
        let route = self.stack.add(&self.part("public", None), route);
        for (number, subnet) in public.iter().enumerate() {
            self.associate(&self.part("public", Some(number)), table.id(), subnet);
        }
        (attachment.address().clone(), route.address().clone())
    }

    fn nat(&mut self, public: &[SubnetHandle], through: &[&Address]) -> Vec<NatGatewayHandle> {
        let wanted = match self.network.nat {
            NatGateways::PerZone => public.len(),
            NatGateways::One => public.len().min(1),
        };
        let mut gateways = Vec::new();
        for (number, subnet) in public.iter().take(wanted).enumerate() {
            let name = self.part("nat", Some(number));
            let ip = ElasticIp { tags: self.tags(&name), ..ElasticIp::new(self.scope()) };
            let ip = self.stack.add(&name, ip);
            let gateway = NatGateway {
                tags: self.tags(&name),
                ..NatGateway::new(self.scope(), subnet.id(), ip.id())
            };
            // A NAT gateway in a VPC without an attached gateway fails.
            gateways.push(self.stack.add_with(&name, gateway, after(through.iter().copied())));
        }
        gateways
    }

    /// The tables by which the private subnets and the control plane's reach NAT gateways, one for each.
    fn tables_out(&mut self, gateways: &[NatGatewayHandle]) -> Vec<RouteTableHandle> {
        (0..gateways.len()).map(|number| self.table("private", self.zone_of_nat(number))).collect()
    }

    /// The zone that a NAT gateway is for; none if it is for all.
    fn zone_of_nat(&self, number: usize) -> Option<usize> {
        (self.network.nat == NatGateways::PerZone).then_some(number)
    }

    /// Routes of the private subnets and the control plane's to a NAT gateway, that of their zone if it
    /// has one.
    fn routes_out(
        &mut self,
        private: &[SubnetHandle],
        control_plane: &[SubnetHandle],
        gateways: &[NatGatewayHandle],
        tables: &[RouteTableHandle],
    ) -> Vec<Address> {
        let mut egress = Vec::new();
        for (number, (gateway, table)) in gateways.iter().zip(tables).enumerate() {
            let target = RouteTarget::NatGateway(gateway.id());
            let route = Route::new(self.scope(), table.id(), Cidr::anywhere(), target);
            let route = self.stack.add(&self.part("private", self.zone_of_nat(number)), route);
            egress.push(route.address().clone());
        }
        let Some(last) = tables.last() else { return egress };
        for (kind, subnets) in [("private", private), ("control-plane", control_plane)] {
            for (number, subnet) in subnets.iter().enumerate() {
                let table = tables.get(number).unwrap_or(last).id();
                egress.push(self.associate(&self.part(kind, Some(number)), table, subnet));
            }
        }
        egress
    }

    /// Tables by the names that they have for who adds routes to them.
    fn named(&self, tables: &[RouteTableHandle]) -> Vec<(String, Val<RouteTableId>)> {
        let name = |number| match self.zone_of_nat(number) {
            Some(zone) => format!("private-{}", self.network.zones[zone]),
            None => "private".to_owned(),
        };
        tables.iter().enumerate().map(|(number, table)| (name(number), table.id())).collect()
    }

    fn table(&mut self, kind: &str, zone: Option<usize>) -> RouteTableHandle {
        let name = self.part(kind, zone);
        let table = RouteTable::new(self.scope(), self.vpc.id());
        self.stack
            .add(&name, RouteTable { tags: named(&self.network.tags, self.stack, &name), ..table })
    }

    fn associate(
        &mut self,
        name: &str,
        table: Val<RouteTableId>,
        subnet: &SubnetHandle,
    ) -> Address {
        let association =
            RouteTableAssociation::new(self.network.scope.clone(), table, subnet.id());
        self.stack.add(name, association).address().clone()
    }
}
