//! What happens in a history, all of it chosen by one number.

use super::program::Program;
use fastrand::Rng;
use groundplan_core::testing::{Fate, Moment, Point, Weather};
use std::{fmt, time::Duration};

/// A history: what happens before the last run, and the program of that run.
pub(super) struct History {
    pub(super) seed: u64,
    pub(super) acts: Vec<Act>,
    pub(super) last: Program,
}

pub(super) enum Act {
    /// A process applies a program, or destroys everything.
    Run(Run),
    /// A plan is looked at and thrown away.
    Plan(Program),
    /// Others change or delete one of our objects.
    Drift { object: usize, lose: bool },
    /// Others make an object that looks like one of ours.
    Foreign(Stranger),
}

pub(super) struct Run {
    /// None destroys.
    pub(super) program: Option<Program>,
    pub(super) refresh: bool,
    pub(super) weather: Weather,
    pub(super) fate: Option<(Fate, Point)>,
    pub(super) wakes: Wakes,
}

/// When a frozen process goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wakes {
    /// Before anybody took over.
    Soon,
    /// While the next process is at work, after so many milliseconds of it.
    Between(u64),
    /// After the next process ended.
    Late,
    /// After all others, before the last run.
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// A host of the name that ours is to have.
    SameName(usize),
    /// A host of that name which carries another stack's mark.
    OtherMark(usize),
    /// A network that carries another lineage's mark of our stack's name and address.
    OtherLineage(usize),
    /// A gate without any mark.
    Bare,
    /// A note like ours.
    Note(u8),
}

impl History {
    /// The history of a seed. Later ones are larger.
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let size = 1 + usize::try_from(seed / 2000).expect("small").min(11);
        let mut program = Program::random(&mut rng, size);
        let mut acts = Vec::new();
        for _ in 0..rng.usize(1..=2 + size / 4) {
            match rng.u8(..10) {
                0 => acts.push(Act::Plan(program.edited(&mut rng))),
                1 => acts.push(Act::Drift { object: rng.usize(..64), lose: rng.bool() }),
                2 => acts.push(Act::Foreign(Stranger::random(&mut rng))),
                _ => {}
            }
            acts.push(Act::Run(Run::random(&mut rng, &program)));
            program = match rng.u8(..8) {
                0 => program.replaced(&mut rng, size),
                1..5 => program.edited(&mut rng),
                _ => program,
            };
        }
        Self { seed, acts, last: program }
    }
}

impl Run {
    fn random(rng: &mut Rng, program: &Program) -> Self {
        let moment = if rng.bool() { Moment::Before } else { Moment::After };
        let n = rng.u64(1..=2 + 2 * program.len());
        let point = if rng.bool() { Point::Call(n, moment) } else { Point::Record(n, moment) };
        Self {
            program: (rng.u8(..8) > 0).then(|| program.clone()),
            refresh: rng.u8(..8) > 0,
            weather: weather(rng),
            fate: match rng.u8(..10) {
                0..5 => Some((Fate::Dies, point)),
                5..8 => Some((Fate::Freezes, point)),
                _ => None,
            },
            wakes: match rng.u8(..4) {
                0 => Wakes::Soon,
                1 => Wakes::Between(rng.u64(10..2000)),
                2 => Wakes::Late,
                _ => Wakes::Last,
            },
        }
    }
}

fn weather(rng: &mut Rng) -> Weather {
    let mut often = |most: u32| if rng.bool() { rng.u32(..most) } else { 0 };
    let (throttled, broken, lost_answers) = (often(200), often(100), often(200));
    let mut up_to = |most: u64| Duration::from_millis(if rng.bool() { rng.u64(..most) } else { 0 });
    let (lag, token_lag, slow) = (up_to(5000), up_to(30_000), up_to(8000));
    let quota = (rng.u8(..8) == 0).then(|| rng.usize(1..4));
    Weather { throttled, broken, lost_answers, lag, token_lag, slow, quota }
}

impl Stranger {
    pub(super) fn random(rng: &mut Rng) -> Self {
        match rng.u8(..5) {
            0 => Self::SameName(rng.usize(..3)),
            1 => Self::OtherMark(rng.usize(..3)),
            2 => Self::OtherLineage(rng.usize(..3)),
            3 => Self::Bare,
            _ => Self::Note(rng.u8(..3)),
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "history {}:", self.seed)?;
        for (n, act) in self.acts.iter().enumerate() {
            writeln!(out, "  {}. {act}", n + 1)?;
        }
        writeln!(out, "  last: apply{}", self.last)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(run) => run.fmt(out),
            Self::Plan(program) => write!(out, "plan{program}"),
            Self::Drift { object, lose: true } => write!(out, "others delete object {object}"),
            Self::Drift { object, .. } => write!(out, "others change object {object}"),
            Self::Foreign(stranger) => write!(out, "others make {stranger:?}"),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.program {
            Some(program) => write!(out, "apply{program}")?,
            None => write!(out, "destroy")?,
        }
        write!(out, "\n       refresh {}, in {:?}", self.refresh, self.weather)?;
        match self.fate {
            Some((Fate::Dies, point)) => write!(out, "\n       dies at {point:?}"),
            Some((Fate::Freezes, point)) => {
                write!(out, "\n       freezes at {point:?}, wakes {:?}", self.wakes)
            }
            None => Ok(()),
        }
    }
}
