//! Writes on a thread of its own: a terminal that is held, or a pipe that nobody reads, must not hold
//! up the run that it shows.

use std::{
    io::{self, Write},
    sync::mpsc,
    thread,
};

enum Job {
    Write(Vec<u8>),
    Tell(mpsc::Sender<()>),
}

/// Takes text at once and writes it when it can. Clones write to the same place, in order.
#[derive(Clone, Debug)]
pub(crate) struct Writer(mpsc::Sender<Job>);

impl Writer {
    pub(crate) fn new(mut out: Box<dyn Write + Send>) -> Self {
        let (sender, jobs) = mpsc::channel();
        thread::spawn(move || {
            for job in jobs {
                match job {
                    // Infrastructure that changes is not left half-way because a terminal is gone.
                    Job::Write(text) => drop(out.write_all(&text).and_then(|()| out.flush())),
                    Job::Tell(done) => drop(done.send(())),
                }
            }
        });
        Self(sender)
    }

    /// Takes text.
    pub(crate) fn put(&self, text: impl Into<Vec<u8>>) {
        // It fails if the thread is gone; then nothing can be written any more.
        drop(self.0.send(Job::Write(text.into())));
    }

    /// Returns when all that was taken is written.
    pub(crate) fn wait(&self) {
        let (sender, done) = mpsc::channel();
        if self.0.send(Job::Tell(sender)).is_ok() {
            let _ = done.recv();
        }
    }
}

impl Write for Writer {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.put(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
