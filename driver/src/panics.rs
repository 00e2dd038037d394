//! A panic is a bug, and says so. The state stays as it was last recorded.

use crate::screen::Screen;

/// From now on a panic is told as a bug.
pub(crate) fn report(screen: Screen) {
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let said = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        let said = said.strip_prefix("BUG: ").unwrap_or(said);
        let place = panic.location().map_or_else(String::new, |at| format!(" at {at}"));
        tracing::error!(said, place, "panic");
        screen.say(&format!(
            "\nBUG: {said}{place} (version {version})\n  This is a mistake in this software. What was done is recorded; the next run looks into what\n  was under way. Please report it with the lines above.\n",
            version = env!("CARGO_PKG_VERSION"),
        ));
    }));
}
