//! What a kind declares of the rights that its verbs take, as data. What an action is checked against is
//! no matter of the kind: the cloud's crate has a table of that.

/// The rights that a kind's verbs take. Write `Iam { observe: &["ec2:DescribeVpcs"], ..Iam::NONE }`.
#[derive(Clone, Copy, Debug)]
pub struct Iam {
    /// What the object itself is among the types of resources, as in `ec2:vpc`; empty where it is none.
    pub object: &'static str,
    /// What stands in the holes of resources' names and of conditions, such as `{vpc}`.
    pub holes: &'static [(&'static str, Hole)],
    /// To look for what carries the stack's mark.
    pub search: &'static [&'static str],
    /// To read what is recorded.
    pub observe: &'static [&'static str],
    /// To create, and to bring what was created to its end.
    pub create: &'static [&'static str],
    /// To change, and to wait.
    pub converge: &'static [&'static str],
    /// To delete.
    pub delete: &'static [&'static str],
    /// Those of all these that are needed only in some cases. Each case speaks of some verbs, and is no
    /// matter in others. Several cases of one action all have to be there.
    pub only: &'static [(&'static str, When)],
    /// Outputs besides `arn` that are ARNs, and of which type of resource: they are part of other
    /// resources' rights before they are known.
    pub arns: &'static [(&'static str, &'static str)],
}

/// What a hole in the name of a resource is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hole {
    /// The object's own name.
    Name,
    /// An output, for what the cloud assigns.
    Output(&'static str),
    /// An input.
    Input(&'static str),
    /// Always this.
    Text(&'static str),
    /// The name at the end of an input that is an ARN.
    NameIn(&'static str),
    /// Type, account and name of an input that is the ARN of a role or user: `role/123456789012/app`.
    IdentityIn(&'static str),
    /// An input that is a URL, without its scheme.
    Schemeless(&'static str),
    /// What stands for the value of an input.
    Choice(&'static str, &'static [(&'static str, &'static str)]),
}

/// When an action is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In a create or change to an object of which this input is given.
    Given(&'static str),
    /// In a create or change to an object of which this input has this value.
    Is(&'static str, &'static str),
    /// In a create in which one of these inputs is not what a new object has anyway.
    Unlike(&'static [(&'static str, &'static str)]),
    /// In a change of one of these inputs.
    Changes(&'static [&'static str]),
    /// In a change that gives an entry of this input another value, or adds one.
    Sets(&'static str),
    /// In a change that takes an entry of this input away.
    Removes(&'static str),
    /// In the delete of an object of which this input had this value.
    Leaves(&'static str, &'static str),
    /// Only where something is in the way that no plan foresees: the answer to a create was lost, its name
    /// is taken, something holds what is to go.
    InTheWay,
}

impl Iam {
    /// Takes no rights.
    pub const NONE: Self = Self {
        object: "",
        holes: &[],
        search: &[],
        observe: &[],
        create: &[],
        converge: &[],
        delete: &[],
        only: &[],
        arns: &[],
    };

    /// Every action of every verb.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        let verbs = [self.search, self.observe, self.create, self.converge, self.delete];
        verbs.into_iter().flatten().copied()
    }

    /// In which cases an action is needed; in every case if there are none.
    pub fn cases(&self, action: &str) -> impl Iterator<Item = When> {
        self.only.iter().filter(move |(of, _)| *of == action).map(|(_, when)| *when)
    }
}
