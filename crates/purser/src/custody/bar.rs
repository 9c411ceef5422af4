//! How far it is, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

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
