//! The clocks: how long things take, and what time it is for leases and checkpoints. Nothing else depends on them.
#![expect(clippy::disallowed_methods, reason = "this is where time is measured")]

use std::{
    sync::LazyLock,
    time::{Duration, Instant, SystemTime},
};

use crate::{instant, ports::Clock};

/// The clocks of this machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn now(&self) -> instant::Instant {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        instant::Instant(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        BEGAN.elapsed()
    }

    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Measures one stage after the other.
#[derive(Debug)]
pub struct Stopwatch {
    since: Instant,
    stages: Vec<(&'static str, Duration)>,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self { since: Instant::now(), stages: Vec::new() }
    }

    /// What was done since the stage before, and how long it took.
    pub fn stage(&mut self, name: &'static str) -> Duration {
        let now = Instant::now();
        let time = now - self.since;
        self.stages.push((name, time));
        self.since = now;
        time
    }

    /// `history 0.1 s, rendering 2.4 s`
    pub fn summary(&self) -> String {
        let stages: Vec<String> = self.stages.iter().map(|(name, time)| format!("{name} {:.2} s", time.as_secs_f64())).collect();
        stages.join(", ")
    }
}
