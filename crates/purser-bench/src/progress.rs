//! Progress on standard error, on terminals only: indicatif draws nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often what cannot be counted shows that it is alive.
const TICK: Duration = Duration::from_millis(100);

/// One bar; it is gone from the screen when dropped.
#[derive(Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// So many steps of something.
    pub(crate) fn counting(what: &'static str, steps: u64) -> Self {
        Self(bar(what, steps, "{msg} {wide_bar} {human_pos}/{human_len} {eta}"))
    }

    /// A span of time.
    pub(crate) fn timing(what: &'static str, span: Duration) -> Self {
        let progress = bar(
            what,
            u64::try_from(span.as_millis()).unwrap_or(u64::MAX),
            "{msg} {wide_bar} {elapsed}",
        );
        Self(progress)
    }

    /// Nobody knows how long.
    pub(crate) fn waiting(what: &'static str) -> Self {
        let progress = bar(what, 0, "{spinner} {msg} {elapsed}");
        progress.enable_steady_tick(TICK);
        Self(progress)
    }

    /// One step on.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// Advances a bar of [`Self::timing`] until it is dropped.
    pub(crate) async fn follow(&self) {
        let start = tokio::time::Instant::now();
        loop {
            tokio::time::sleep(TICK).await;
            self.0
                .set_position(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
        }
    }

    /// Takes the bar off the screen.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn bar(what: &'static str, length: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(what);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
