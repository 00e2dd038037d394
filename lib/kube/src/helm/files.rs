//! The files of a chart, a folder or an archive, as far as they need be looked into.

use flate2::read::GzDecoder;
use groundplan_core::{Class, Fault, Result};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// What the templates call the number of the revision.
const REVISION: &[u8] = b"Release.Revision";

/// What a chart's files come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// A digest over their names and contents.
    pub(super) digest: String,
    /// Whether a template uses the number of the revision, which no render without a cluster knows.
    pub(super) counts_revisions: bool,
}

/// Reads all files of a chart.
pub(super) async fn contents(path: PathBuf) -> Result<Contents> {
    let work = tokio::task::spawn_blocking(move || {
        let mut sum = Sha256::new();
        let mut counts_revisions = false;
        let read = each(&path, Path::new(""), &mut |name, content| {
            sum.update(name.as_os_str().as_encoded_bytes());
            sum.update((content.len() as u64).to_be_bytes());
            sum.update(content);
            counts_revisions |= mentions(content, REVISION);
        });
        read.map_err(|e| io_fault(&path, &e))?;
        Ok(Contents { digest: short(sum.finalize()), counts_revisions })
    });
    work.await.expect("BUG: reading files does not panic")
}

fn each(root: &Path, below: &Path, file: &mut impl FnMut(&Path, &[u8])) -> io::Result<()> {
    let path = if below.as_os_str().is_empty() { root.to_owned() } else { root.join(below) };
    if path.is_dir() {
        let mut names: Vec<_> =
            fs::read_dir(&path)?.map(|e| e.map(|e| e.file_name())).collect::<io::Result<_>>()?;
        names.sort();
        return names.iter().try_for_each(|name| each(root, &below.join(name), file));
    }
    file(below, &fs::read(&path)?);
    Ok(())
}

/// Whether a file holds a text; an archive is looked into as a whole.
fn mentions(content: &[u8], text: &[u8]) -> bool {
    let mut unpacked = Vec::new();
    let all = match GzDecoder::new(content).read_to_end(&mut unpacked) {
        Ok(_) => &unpacked,
        Err(_) => content,
    };
    all.windows(text.len()).any(|part| part == text)
}

/// The first half of a digest: enough to tell things apart.
pub(super) fn short(digest: impl AsRef<[u8]>) -> String {
    let half = digest.as_ref().first_chunk().expect("BUG: a digest is longer");
    format!("{:016x}", u64::from_be_bytes(*half))
}

pub(super) fn io_fault(path: &Path, error: &io::Error) -> Fault {
    Fault::new(Class::Other, format!("could not use {}", path.display())).why(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    #[tokio::test]
    async fn a_digest_tells_names_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
        write("a", "1");
        let first = contents(path.clone()).await.unwrap();
        assert_eq!(contents(path.clone()).await.unwrap(), first);
        write("a", "2");
        let second = contents(path.clone()).await.unwrap();
        fs::rename(path.join("a"), path.join("b")).unwrap();
        let third = contents(path.clone()).await.unwrap();
        assert!(first != second && second != third);
        assert!(!third.counts_revisions);
    }

    #[test]
    fn archives_are_looked_into() {
        let mut archive = GzEncoder::new(Vec::new(), Compression::fast());
        archive.write_all(b"value: {{ .Release.Revision }}").unwrap();
        assert!(mentions(&archive.finish().unwrap(), REVISION));
        assert!(!mentions(b"value: {{ .Release.Name }}", REVISION));
    }
}
