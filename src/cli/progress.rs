//! A progress bar with rate and time left, on standard error, only when a person is looking.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for bytes. Drawn at most ten times a second; hidden ones cost an atomic addition.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar that counts to `total` bytes, or just counts when the total is not known.
    pub(crate) fn bytes(total: Option<u64>, drawn: bool) -> Progress {
        if !drawn {
            return Progress { bar: ProgressBar::hidden() };
        }
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let bar = ProgressBar::with_draw_target(total, target).with_style(style(total.is_some()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar }
    }

    /// Counts `bytes` more.
    pub(crate) fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

impl Drop for Progress {
    /// Leaves a clean line for what is printed next.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(total_known: bool) -> ProgressStyle {
    let template = if total_known {
        "{bar:30} {percent:>3}%  {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta}"
    } else {
        "{spinner} {binary_bytes}  {binary_bytes_per_sec}  {elapsed}"
    };
    ProgressStyle::with_template(template).expect("our templates are well formed")
}
