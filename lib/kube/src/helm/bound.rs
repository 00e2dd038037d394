//! A program that ends when the process that wanted it does, however that ends.

use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use std::{
    ffi::OsStr,
    io::{self, ErrorKind},
    os::unix::process::CommandExt,
    process::Command,
};

/// Becomes `program`, bound to the process with the id `parent`, which must have started this one: when
/// that ends, the system kills the program. Comes back only to say why it could not.
///
/// This is what [`HelmSettings::launcher`](super::HelmSettings) is for: a run names its own program there,
/// with a hidden argument by which that calls this.
pub fn exec_bound<A: AsRef<OsStr>>(
    parent: u32,
    program: impl AsRef<OsStr>,
    args: impl IntoIterator<Item = A>,
) -> io::Error {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return error.into();
    }
    // It may have ended before the system was told.
    if getppid().is_none_or(|now| now.as_raw_nonzero().get().cast_unsigned() != parent) {
        return io::Error::new(ErrorKind::BrokenPipe, "whoever wanted this program has ended");
    }
    Command::new(program).args(args).exec()
}
