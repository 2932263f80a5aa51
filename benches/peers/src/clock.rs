//! Two clocks: the one on the wall, and the one that stands still while a thread does not run.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Which time is taken. On a machine with nothing else to do they agree; otherwise the second tells
/// more about the contenders, and the first about the machine.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// Time that passes.
    Wall,
    /// Time for which the calling thread runs. Whether several threads ever ran at the same moment
    /// it does not tell.
    Cpu,
}

impl Clock {
    /// The time since some moment that stays the same, for this thread.
    pub fn now(self) -> Duration {
        let time = clock_gettime(match self {
            Clock::Wall => ClockId::Monotonic,
            Clock::Cpu => ClockId::ThreadCPUTime,
        });
        time.try_into().expect("neither clock is ever below zero")
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Clock::Wall => "time that passed",
            Clock::Cpu => "time for which the threads ran",
        })
    }
}

impl FromStr for Clock {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "wall" => Ok(Clock::Wall),
            "cpu" => Ok(Clock::Cpu),
            _ => Err(format!("unknown clock: {name}")),
        }
    }
}
