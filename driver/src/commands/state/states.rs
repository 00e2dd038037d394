//! Which state is meant, and where it is; found without a program where that is broken.

use crate::{
    app::App,
    cli::Parts,
    place::Place,
    realm::World,
    render::error::{FAILED, Failure},
    sandbox, session,
};
use groundplan_state::{Snapshot, Upkeep, Version};

/// The states of a stack.
pub(crate) struct States {
    pub(crate) store: Box<dyn Upkeep>,
    pub(crate) stack: String,
}

impl States {
    /// Those that are meant.
    pub(crate) async fn of(app: &App, stack: Option<String>) -> Result<Self, Failure> {
        let sandbox = match app.global.sandbox {
            Some(parts) => Some(running(app, parts).await?),
            None => None,
        };
        let place = session::place(app, &app.folder(), sandbox.as_deref());
        // Only a bucket needs anybody's credentials.
        let world = match (&place, app.global.sandbox) {
            (Place::Folder(_), _) => None,
            (_, Some(parts)) => {
                let local = Box::pin(sandbox::up(app, parts)).await?;
                Some(Box::pin(World::sandbox(local)).await?)
            }
            (_, None) => Some(Box::pin(World::real()).await?),
        };
        let aws = || world.expect("BUG: a bucket is in a world").aws.config().clone();
        let store = session::store(place, aws)?;
        let stack = match stack {
            Some(stack) => stack,
            None => match app.ask() {
                Ok(asked) => asked.stack,
                Err(failed) => only(store.as_ref()).await.ok_or(failed)?,
            },
        };
        Ok(Self { store, stack })
    }

    /// The present one.
    pub(crate) async fn load(&self, app: &App) -> Result<Snapshot, Failure> {
        match self.store.load(&self.stack).await.map_err(|error| Failure::from(&error))? {
            Some(loaded) => Ok(loaded.snapshot),
            None => Err(Failure {
                what: format!("nothing is recorded of stack `{}`", self.stack),
                causes: vec![format!("there is no state in {}", self.store.place(&self.stack))],
                hints: vec![elsewhere(app)],
                exit: FAILED,
            }),
        }
    }

    /// Those that are kept, the oldest first.
    pub(crate) async fn history(&self) -> Result<Vec<Version>, Failure> {
        self.store.history(&self.stack).await.map_err(|error| Failure::from(&error))
    }

    /// One that is kept.
    pub(crate) async fn version(&self, serial: u64) -> Result<Snapshot, Failure> {
        self.store.version(&self.stack, serial).await.map_err(|error| Failure::from(&error))
    }
}

/// The recorded state, without asking any cloud.
pub(crate) async fn load(app: &App, stack: Option<String>) -> Result<Snapshot, Failure> {
    States::of(app, stack).await?.load(app).await
}

fn elsewhere(app: &App) -> String {
    match app.global.sandbox {
        Some(_) => "`apply --sandbox` makes one; real AWS has its state without --sandbox".into(),
        None => "`apply` makes one; that of a sandbox is shown with --sandbox".into(),
    }
}

/// The id of the sandbox of this folder, whether it still runs or not.
async fn running(app: &App, parts: Parts) -> Result<String, Failure> {
    let options = sandbox::options(app, parts);
    let status = groundplan_sandbox::status(&options.root).await.map_err(sandbox::failed)?;
    status.map(|found| found.id).ok_or_else(|| Failure {
        what: "no sandbox was started for this folder".into(),
        causes: Vec::new(),
        hints: vec![
            "`apply --sandbox` starts one".into(),
            "the state of one that has ended is shown with --state DIR".into(),
        ],
        exit: FAILED,
    })
}

/// The one stack that has a state there, if it is the only one.
async fn only(store: &dyn Upkeep) -> Option<String> {
    let mut stacks = store.stacks().await.ok()?.into_iter();
    let one = stacks.next()?;
    stacks.next().is_none().then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_state::{DirStore, Holder, Realm, Store};

    #[tokio::test]
    async fn the_only_stack_needs_no_name() {
        let root = tempfile::tempdir().unwrap();
        let store = DirStore::new(root.path());
        let make = async |stack: &str| {
            let holder = Holder {
                who: "t".into(),
                host: "h".into(),
                pid: 1,
                command: "apply".into(),
                since: jiff::Timestamp::UNIX_EPOCH,
            };
            let session = store.open(stack, &Realm::Simulation, holder).await.unwrap();
            session.close().await.unwrap();
        };
        assert_eq!(only(&store).await, None);
        std::fs::create_dir(root.path().join("sandbox")).unwrap();
        make("hub").await;
        assert_eq!(only(&store).await.as_deref(), Some("hub"));
        make("other").await;
        assert_eq!(only(&store).await, None, "of two, neither is meant");
    }
}
