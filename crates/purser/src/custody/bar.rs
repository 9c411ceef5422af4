//! How far it is, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(100);

/// A bar on a terminal, and nothing elsewhere.
pub(super) fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {per_sec} {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Shows how far it is.
pub(super) fn show(bar: &ProgressBar, name: &str, done: u64, total: u64) {
    if bar.message() != name {
        bar.set_message(name.to_owned());
        bar.reset();
    }
    bar.set_length(total);
    bar.set_position(done);
}

/// Works, and shows on a bar how far it is.
pub(super) async fn watched<T>(
    work: impl Future<Output = T>,
    look: impl Fn() -> (&'static str, (u64, u64)),
    bar: &ProgressBar,
) -> T {
    let mut ticks = tokio::time::interval(TICK);
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = ticks.tick() => {
                let (name, (done, total)) = look();
                show(bar, name, done, total);
            }
        }
    }
}
