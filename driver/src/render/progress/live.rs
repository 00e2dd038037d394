//! The view in place. `indicatif` draws it; what it shows is the board's.

use super::{Clock, Size, board::Board, lasting, part, writer::Writer};
use crate::render::paint::Paint;
use groundplan::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};
use std::{
    fmt,
    io::{self, BufWriter, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often the view is drawn anew.
const EVERY: Duration = Duration::from_millis(200);

/// The view in place.
pub(super) struct Live {
    shared: Arc<Shared>,
    bar: ProgressBar,
}

struct Shared {
    board: Mutex<Board>,
    paint: Paint,
    clock: Clock,
    size: Size,
}

impl Live {
    pub(super) fn new(writer: Writer, size: Size, paint: Paint, clock: Clock) -> Self {
        let shared = Arc::new(Shared { board: Mutex::default(), paint, clock, size });
        let screen = Screen { out: Mutex::new(BufWriter::new(writer)), shared: shared.clone() };
        let viewed = shared.clone();
        let view = move |_: &ProgressState, text: &mut dyn fmt::Write| {
            let lines = viewed.board().lines((viewed.clock)(), (viewed.size)(), &viewed.paint);
            // It writes into memory.
            let _ = text.write_str(&lines.join("\n"));
        };
        let style = ProgressStyle::with_template("{view}").expect("BUG: the template is sound");
        let bar = ProgressBar::no_length().with_style(style.with_key("view", view));
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(screen)));
        bar.enable_steady_tick(EVERY);
        Self { shared, bar }
    }

    pub(super) fn event(&self, event: &Event) {
        let now = (self.shared.clock)();
        // The board is let go of before anything is drawn: drawing looks at it.
        self.shared.board().event(event, now);
        if let Some(line) = lasting(event, &self.shared.paint) {
            self.bar.println(line);
        }
    }

    pub(super) fn part(&self, progress: &groundplan_sandbox::Progress) {
        let now = (self.shared.clock)();
        self.shared.board().part(progress, now);
        if let Some(line) = part::lasting(progress, &self.shared.paint) {
            self.bar.println(line);
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Shared {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The terminal behind the writer. What is drawn leaves in one piece, so that it does not flicker.
struct Screen {
    out: Mutex<BufWriter<Writer>>,
    shared: Arc<Shared>,
}

impl Screen {
    fn put(&self, text: fmt::Arguments<'_>) -> io::Result<()> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).write_fmt(text)
    }

    /// Moves the cursor, by a control sequence; by nothing if it stays.
    fn go(&self, by: usize, direction: char) -> io::Result<()> {
        if by == 0 { Ok(()) } else { self.put(format_args!("\x1b[{by}{direction}")) }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        (self.shared.size)().0
    }

    fn height(&self) -> u16 {
        (self.shared.size)().1
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.go(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.go(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.go(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.go(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(format_args!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(format_args!("{text}"))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put(format_args!("\r\x1b[2K"))
    }

    fn flush(&self) -> io::Result<()> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Screen")
    }
}
