//! Who has what: the two layouts, of the same parts.

use super::settings::{Account, Layout, Settings, Warehouse, block};
use groundplan::{
    Stack, Val,
    aws::{
        RouteTableId, SecurityGroupId, VpcId,
        ec2::RulePeer,
        organizations::{Organization, Unit},
        ram::OrganizationSharing,
    },
    json,
    kube::KubeObject,
    platform::{
        self, AccountParts, Cluster, ClusterParts, MemberAccount, MySql, MySqlParts, Network,
        NetworkParts, NetworkPeering, NetworkShare, Nodes, PeeringPart, Subnets,
    },
    text,
};

/// What every account of this program is called in it, next to those of teams.
const PLATFORM: &str = "platform";

pub(super) fn build(settings: &Settings, stack: &mut Stack) {
    let mut building = Building::new(settings, stack);
    let platform = building.place(PLATFORM, &settings.platform);
    building.tell(&platform);
    match settings.layout {
        Layout::Central => building.central(&platform),
        Layout::Decentral => building.decentral(&platform),
    }
}

/// The program while it is put together.
struct Building<'a> {
    settings: &'a Settings,
    stack: &'a mut Stack,
    management: AccountParts,
    /// The unit of the accounts.
    unit: Val<String>,
    warehouse: Option<PeeringPart>,
}

/// An account with a network and a cluster of its own.
struct Place {
    name: String,
    account: AccountParts,
    network: NetworkParts,
    cluster: ClusterParts,
}

impl<'a> Building<'a> {
    fn new(settings: &'a Settings, stack: &'a mut Stack) -> Self {
        let organization = &settings.organization;
        let management = platform::Account {
            id: organization.management_account.clone(),
            region: settings.region.clone(),
            role: organization.role.clone(),
        };
        let management = management.add(stack, "management");
        let parent = match &organization.parent {
            Some(parent) => parent.as_str().into(),
            None => stack.derive("the", Organization::new(management.scope.clone())).root(),
        };
        let unit = Unit {
            tags: settings.tags.clone(),
            ..Unit::new(management.scope.clone(), parent, &organization.unit)
        };
        let unit = stack.add("accounts", unit).id();
        let warehouse = settings.warehouse.as_ref().map(|one| warehouse(one, settings, stack));
        Self { settings, stack, management, unit, warehouse }
    }

    /// One network and cluster for all: teams have their databases in its subnets, and work in its cluster.
    fn central(&mut self, platform: &Place) {
        let scope = self.management.scope.clone();
        let sharing = self.stack.add("the", OrganizationSharing::new(scope)).address().clone();
        let share = NetworkShare {
            account: &platform.account,
            network: &platform.network,
            through: vec![sharing],
            tags: self.settings.tags.clone(),
        };
        let share = share.add(self.stack, PLATFORM);
        for (name, workload) in &self.settings.workloads {
            let account = self.member(name, workload);
            let subnets = share.with(self.stack, name, &account);
            let nodes = RulePeer::GroupOf {
                account: platform.account.id.clone(),
                group: platform.cluster.security_group.clone(),
            };
            let database =
                self.database(name, &account, subnets, vec![(PLATFORM.to_owned(), nodes)]);
            self.works_in(&platform.cluster, name, &database);
        }
    }

    /// A network and cluster for each, connected with the platform's.
    fn decentral(&mut self, platform: &Place) {
        for (name, workload) in &self.settings.workloads {
            let own = self.place(name, workload);
            let peering = NetworkPeering {
                requester: own.network.peering_part(name, &own.account),
                accepter: platform.network.peering_part(PLATFORM, &platform.account),
                tags: self.settings.tags.clone(),
            };
            peering.add(self.stack, &format!("{name}-{PLATFORM}"));
            let group = |group: &Val<SecurityGroupId>| RulePeer::Group(group.clone());
            let clients = vec![
                ("cluster".to_owned(), group(&own.cluster.security_group)),
                (PLATFORM.to_owned(), RulePeer::Cidr(platform.network.cidr)),
            ];
            let subnets = own.network.stores();
            let database = self.database(name, &own.account, subnets, clients);
            self.tell(&own);
            self.works_in(&own.cluster, name, &database);
        }
    }

    /// An account with a network, which is connected with the warehouse, and a cluster.
    fn place(&mut self, name: &str, account: &Account) -> Place {
        let Settings { tags, .. } = self.settings;
        let cidr = account.cidr.as_deref().expect("BUG: a network has addresses, as was checked");
        let account = self.member(name, account);
        let network = Network {
            scope: account.scope.clone(),
            cidr: block(cidr),
            zones: self.settings.zones(),
            private_cidrs: None,
            nat: self.settings.nat(),
            flow_log_days: Some(30),
            tags: tags.clone(),
        };
        let network = network.add(self.stack, name);
        if let Some(warehouse) = &self.warehouse {
            let peering = NetworkPeering {
                requester: network.peering_part(name, &account),
                accepter: warehouse.clone(),
                tags: tags.clone(),
            };
            peering.add(self.stack, &format!("{name}-warehouse"));
        }
        let cluster = self.cluster(name, &account, &network);
        Place { name: name.to_owned(), account, network, cluster }
    }

    fn member(&mut self, name: &str, account: &Account) -> AccountParts {
        let member = MemberAccount {
            management: &self.management,
            parent: self.unit.clone(),
            name: format!("{}-{name}", self.settings.stack),
            email: account.email.clone(),
            role_name: self.settings.organization.role_name.clone(),
            adopt: account.adopt,
            region: self.settings.region.clone(),
            tags: self.settings.tags.clone(),
        };
        let parts = member.add(self.stack, name);
        self.stack.output(&format!("{name}_account"), parts.id.clone());
        parts
    }

    fn cluster(
        &mut self,
        name: &str,
        account: &AccountParts,
        network: &NetworkParts,
    ) -> ClusterParts {
        let Settings { cluster, protect, tags, .. } = self.settings;
        let parts = Cluster {
            account,
            network,
            version: cluster.version.clone(),
            public_cidrs: cluster.public_cidrs.iter().map(|text| block(text)).collect(),
            service_cidr: cluster.service_cidr.as_deref().map(block),
            secrets_key: None,
            // Whoever takes the account's role, as this run does.
            administrators: Vec::new(),
            nodes: Nodes {
                instance_types: cluster.instance_types.clone(),
                min: 1,
                desired: cluster.nodes,
                max: cluster.nodes * 2,
                disk_gib: 50,
            },
            log_days: 90,
            protect: *protect,
            tags: tags.clone(),
        };
        parts.add(self.stack, name)
    }

    fn database(
        &mut self,
        name: &str,
        account: &AccountParts,
        subnets: Subnets,
        clients: Vec<(String, RulePeer)>,
    ) -> MySqlParts {
        let Settings { database, protect, tags, .. } = self.settings;
        let parts = MySql {
            scope: account.scope.clone(),
            subnets,
            clients,
            version: "8.4".to_owned(),
            class: database.class.clone(),
            storage_gib: database.storage_gib,
            database: "data".to_owned(),
            multi_az: database.multi_az,
            backup_days: database.backup_days,
            key: None,
            protect: *protect,
            tags: tags.clone(),
        };
        let parts = parts.add(self.stack, name);
        self.stack.output(&format!("{name}_database"), text!("{}:{}", parts.host, parts.port));
        parts
    }

    /// A team's namespace in a cluster, in which its workloads find where its database is.
    fn works_in(&mut self, cluster: &ClusterParts, name: &str, database: &MySqlParts) {
        let namespace = KubeObject::namespace(cluster.access.clone(), name);
        let namespace = self.stack.add(name, namespace).name();
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "database", "namespace": namespace },
            "data": { "host": database.host, "port": text!("{}", database.port) },
        });
        let object = KubeObject::new(cluster.access.clone(), manifest);
        self.stack.add(&format!("{name}-database"), object);
    }

    fn tell(&mut self, place: &Place) {
        let endpoint = place.cluster.cluster.endpoint();
        self.stack.output(&format!("{}_cluster", place.name), endpoint);
    }
}

/// The warehouse as one side of a connection. All of it exists.
fn warehouse(warehouse: &Warehouse, settings: &Settings, stack: &mut Stack) -> PeeringPart {
    let account = platform::Account {
        id: warehouse.account.clone(),
        region: settings.region.clone(),
        role: warehouse.role.clone(),
    };
    let tables = warehouse.route_tables.iter();
    PeeringPart {
        name: "warehouse".to_owned(),
        account: account.add(stack, "warehouse"),
        vpc: VpcId::from(warehouse.vpc.as_str()).into(),
        cidrs: vec![block(&warehouse.cidr)],
        tables: tables
            .map(|(name, id)| (name.clone(), RouteTableId::from(id.as_str()).into()))
            .collect(),
    }
}
