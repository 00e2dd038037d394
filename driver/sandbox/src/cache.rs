//! The cache folder: parts that are made once and are whole or not there.
//!
//! A part is prepared in `KEY.partial` and renamed to `KEY` when it is complete, under a lock of its
//! own, so an interrupted preparation never looks done and two processes do not do it twice. Keys
//! carry versions or digests: a part never changes, it is joined by another.

use crate::{Error, Result, Stage, lock::Lock, progress::PartReporter};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

#[derive(Clone, Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// `groundplan/` in the user's cache folder.
    pub(crate) fn open(user: &Path) -> Result<Self> {
        let dir = std::path::absolute(user).map_err(Error::io("find", user))?.join("groundplan");
        for folder in [&dir, &dir.join("locks"), &dir.join("logs")] {
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        Ok(Self { dir })
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.dir.join(key)
    }

    pub(crate) fn lock(&self, key: &str) -> PathBuf {
        self.dir.join("locks").join(format!("{key}.lock"))
    }

    pub(crate) fn log(&self, key: &str) -> PathBuf {
        self.dir.join("logs").join(format!("{key}.log"))
    }

    /// The part with this key. `work` makes it in the folder it is given and says what came of it;
    /// it is only called when `proof`, a path in the part, is not there.
    pub(crate) async fn prepare<F>(
        &self,
        key: &str,
        proof: &str,
        report: &PartReporter,
        work: impl FnOnce(PathBuf) -> F,
    ) -> Result<PathBuf>
    where
        F: Future<Output = Result<String>>,
    {
        let whole = self.path(key);
        if !whole.join(proof).exists() {
            let made = self.make(key, proof, report, work).await;
            match made {
                Ok(Some(detail)) => {
                    report.say(Stage::Done, detail);
                    return Ok(whole);
                }
                Ok(None) => {}
                Err(error) => {
                    report.say(Stage::Failed, error.sentence());
                    return Err(error);
                }
            }
        }
        report.say(Stage::Cached, "");
        Ok(whole)
    }

    /// None if another process has made it meanwhile.
    async fn make<F>(
        &self,
        key: &str,
        proof: &str,
        report: &PartReporter,
        work: impl FnOnce(PathBuf) -> F,
    ) -> Result<Option<String>>
    where
        F: Future<Output = Result<String>>,
    {
        let (whole, partial) = (self.path(key), self.path(&format!("{key}.partial")));
        let waiting = || report.say(Stage::Waiting, "another process prepares it");
        let _lock = Lock::take(&self.lock(key), waiting).await?;
        if whole.join(proof).exists() {
            return Ok(None);
        }
        report.say(Stage::Started, "");
        remove(&whole)?;
        remove(&partial)?;
        fs::create_dir(&partial).map_err(Error::io("create", &partial))?;
        let detail = work(partial.clone()).await?;
        settle(&partial).await?;
        fs::rename(&partial, &whole).map_err(Error::io("complete", &whole))?;
        Ok(Some(detail))
    }
}

/// Removes a folder and what is in it, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io("remove", folder)(e)),
        _ => Ok(()),
    }
}

/// Waits until the files are on the disk: after a power failure, a complete name with empty files
/// under it would be taken for the part.
async fn settle(folder: &Path) -> Result<()> {
    let path = folder.to_path_buf();
    let sync = tokio::task::spawn_blocking(move || {
        let folder = fs::File::open(path)?;
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(&folder)?;
        folder.sync_all()
    });
    sync.await.expect("BUG: a sync does not panic").map_err(Error::io("sync", folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Part, Reporter};
    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    fn reporter() -> (PartReporter, Arc<Mutex<Vec<Stage>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let into = seen.clone();
        (Reporter::new(move |p| into.lock().unwrap().push(p.stage)).of(Part::Charts), seen)
    }

    fn write(folder: &Path, text: &str) -> String {
        fs::write(folder.join("proof"), text).unwrap();
        text.to_owned()
    }

    #[tokio::test]
    async fn a_part_is_made_once() {
        let user = tempfile::tempdir().unwrap();
        let cache = Cache::open(user.path()).unwrap();
        let (report, seen) = reporter();
        for _ in 0..2 {
            let path = cache
                .prepare("part-1", "proof", &report, |f| async move { Ok(write(&f, "first")) })
                .await
                .unwrap();
            assert_eq!(path, user.path().join("groundplan/part-1"));
        }
        assert_eq!(*seen.lock().unwrap(), [Stage::Started, Stage::Done, Stage::Cached]);
    }

    #[tokio::test]
    async fn an_interrupted_preparation_is_done_again_from_nothing() {
        let user = tempfile::tempdir().unwrap();
        let cache = Cache::open(user.path()).unwrap();
        let (report, _) = reporter();
        let never = cache.prepare("part", "proof", &report, |folder| async move {
            fs::write(folder.join("half"), "").unwrap();
            write(&folder, "half");
            std::future::pending().await
        });
        tokio::select! {
            biased;
            _ = never => unreachable!("it never ends"),
            () = tokio::task::yield_now() => {}
        }
        assert!(!cache.path("part").exists(), "what is not complete does not look so");
        assert!(cache.path("part.partial").join("half").exists());

        let path = cache
            .prepare("part", "proof", &report, |f| async move { Ok(write(&f, "whole")) })
            .await
            .unwrap();
        assert_eq!(fs::read_to_string(path.join("proof")).unwrap(), "whole");
        assert!(!path.join("half").exists(), "nothing is left of the first try");
    }

    #[tokio::test]
    async fn a_failed_preparation_leaves_nothing_that_looks_done() {
        let user = tempfile::tempdir().unwrap();
        let cache = Cache::open(user.path()).unwrap();
        let (report, seen) = reporter();
        let failed = cache.prepare("part", "proof", &report, |folder| async move {
            write(&folder, "half");
            Err(Error::NoPython)
        });
        assert!(matches!(failed.await, Err(Error::NoPython)));
        assert!(!cache.path("part").exists());
        assert_eq!(*seen.lock().unwrap(), [Stage::Started, Stage::Failed]);
    }

    #[tokio::test]
    async fn a_part_that_lost_its_proof_is_made_again() {
        let user = tempfile::tempdir().unwrap();
        let cache = Cache::open(user.path()).unwrap();
        let (report, _) = reporter();
        fs::create_dir(cache.path("part")).unwrap();
        std::os::unix::fs::symlink("/nowhere/python3", cache.path("part").join("proof")).unwrap();
        let path = cache
            .prepare("part", "proof", &report, |f| async move { Ok(write(&f, "whole")) })
            .await
            .unwrap();
        assert_eq!(fs::read_to_string(path.join("proof")).unwrap(), "whole");
    }

    #[tokio::test]
    async fn two_at_a_time_do_it_once() {
        let user = tempfile::tempdir().unwrap();
        let cache = Cache::open(user.path()).unwrap();
        let times = AtomicUsize::new(0);
        let (first, second) = (reporter(), reporter());
        let prepare = |report: PartReporter| {
            let (cache, times) = (&cache, &times);
            async move {
                let work = |folder: PathBuf| async move {
                    times.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    Ok(write(&folder, "whole"))
                };
                cache.prepare("part", "proof", &report, work).await.unwrap()
            }
        };
        tokio::join!(prepare(first.0), prepare(second.0));
        assert_eq!(times.load(Ordering::Relaxed), 1);
        assert_eq!(*first.1.lock().unwrap(), [Stage::Started, Stage::Done]);
        assert_eq!(*second.1.lock().unwrap(), [Stage::Waiting, Stage::Cached]);
    }
}
