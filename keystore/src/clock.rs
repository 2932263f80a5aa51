//! What time it is, and how much time has passed beyond doubt (`docs/spec/ledger.md` §4).

use sealkeep_crypto::codec::{Malformed, Reader, Writer};

use crate::files::now;

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// The machine's clocks.
    #[default]
    System,
    /// Tests say what time it is.
    #[cfg(any(test, feature = "test-door"))]
    Set(Moment),
}

/// What the clocks of a machine show at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Unix seconds: the clock that people set.
    pub(crate) wall: u64,
    /// Milliseconds since the machine was started: nobody sets this one.
    pub(crate) since_boot: u64,
    /// Random at every start of the machine; zeros where the kernel does not tell.
    pub(crate) boot: [u8; 16],
}

impl Clock {
    pub(crate) fn read(&self) -> Moment {
        match self {
            Self::System => Moment { wall: now(), since_boot: since_boot(), boot: boot_id() },
            #[cfg(any(test, feature = "test-door"))]
            Self::Set(moment) => *moment,
        }
    }
}

/// The time of the ledger, as of its last entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    /// Unix seconds; never goes back.
    pub(crate) time: u64,
    /// Seconds since the first entry that passed beyond doubt.
    pub(crate) counted: u64,
    /// What the clocks showed at the last entry.
    last: Moment,
    /// What the clock showed, milliseconds since the start and counted seconds at the first entry since the machine was started,
    /// or at the last alarm after that.
    base: (u64, u64, u64),
}

/// Bytes of an encoded time.
const LEN: usize = 7 * 8 + 16;

impl Time {
    /// The time of the first entry.
    pub(crate) fn begin(moment: Moment) -> Self {
        Self {
            time: moment.wall,
            counted: 0,
            last: moment,
            base: (moment.wall, moment.since_boot, 0),
        }
    }

    /// Goes on to a new entry. Returns by how many seconds the clock strayed, where that is an alarm.
    pub(crate) fn advance(&mut self, moment: Moment) -> Option<i64> {
        let restarted = moment.boot != self.last.boot || moment.since_boot < self.last.since_boot;
        let strayed = self.strayed(moment, restarted);
        let alarm = strayed.unsigned_abs() > FARTHEST;
        let time = self.time.max(moment.wall);
        if restarted {
            self.counted += (time - self.time).min(LONGEST_RESTART);
        } else {
            let (wall, since_boot, counted) = self.base;
            self.counted = counted + (time - wall).min((moment.since_boot - since_boot) / 1000);
        }
        if restarted || alarm {
            self.base = (moment.wall, moment.since_boot, self.counted);
        }
        (self.time, self.last) = (time, moment);
        alarm.then_some(strayed)
    }

    /// How far the clock is from where time took it since the base: many small steps are one large one, and what was told is not
    /// told again. While the machine was off, the clock can only be seen to go back.
    fn strayed(&self, moment: Moment, restarted: bool) -> i64 {
        if restarted {
            return difference(moment.wall, self.last.wall).min(0);
        }
        let (wall, since_boot, _) = self.base;
        let passed = (moment.since_boot - since_boot) / 1000;
        difference(moment.wall, wall).saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX))
    }

    pub(crate) fn encode(&self, out: &mut impl Writer) {
        out.put_u64(self.time);
        out.put_u64(self.counted);
        out.put_u64(self.last.wall);
        out.put_u64(self.last.since_boot);
        out.put(&self.last.boot);
        let (wall, since_boot, counted) = self.base;
        [wall, since_boot, counted].into_iter().for_each(|field| out.put_u64(field));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let malformed = reader.malformed();
        let mut reader = Reader::new(reader.take(LEN)?, "time of the ledger");
        let (time, counted) = (reader.u64()?, reader.u64()?);
        let (wall, since_boot, boot) = (reader.u64()?, reader.u64()?, reader.array()?);
        let base = (reader.u64()?, reader.u64()?, reader.u64()?);
        if wall > time || base.0 > time || base.1 > since_boot || base.2 > counted {
            return Err(malformed);
        }
        Ok(Self { time, counted, last: Moment { wall, since_boot, boot }, base })
    }
}

fn difference(now: u64, then: u64) -> i64 {
    let size = i64::try_from(now.abs_diff(then)).unwrap_or(i64::MAX);
    if now < then { -size } else { size }
}

fn since_boot() -> u64 {
    let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(since.tv_sec).unwrap_or(0);
    seconds * 1000 + u64::try_from(since.tv_nsec).unwrap_or(0) / 1_000_000
}

/// Zeros where there is no such file: then a restart shows in the other clock, which begins anew.
fn boot_id() -> [u8; 16] {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).map_or([0; 16], u128::to_be_bytes)
}

/// What passes at most while a machine is restarted, in seconds: somebody may have set the clock meanwhile.
const LONGEST_RESTART: u64 = 26 * 3600;
/// A clock that is off by no more than so many seconds is only inexact.
const FARTHEST: u64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_800_000_000;

    fn at(wall: u64, seconds: u64, boot: u8) -> Moment {
        Moment { wall: START + wall, since_boot: 5_000 + seconds * 1000, boot: [boot; 16] }
    }

    #[test]
    fn time_that_passes_counts() {
        let mut time = Time::begin(at(0, 0, 1));
        for step in 1..50 {
            assert_eq!(time.advance(at(step * 700, step * 700, 1)), None);
            assert_eq!((time.time, time.counted), (START + step * 700, step * 700));
        }
        // Many entries within a second lose nothing.
        let mut time = Time::begin(at(0, 0, 1));
        for step in 0..100 {
            let moment = Moment { since_boot: 5_000 + step * 100, ..at(step / 10, 0, 1) };
            time.advance(moment);
        }
        assert_eq!(time.counted, 9);
    }

    #[test]
    fn setting_the_clock_gains_nothing() {
        let mut time = Time::begin(at(0, 0, 1));
        assert_eq!(time.advance(at(864_000, 10, 1)), Some(863_990));
        assert_eq!((time.time, time.counted), (START + 864_000, 10));
        // Set right again: the ledger's time stands still, what passes from then on counts.
        assert_eq!(time.advance(at(20, 20, 1)), Some(-863_990));
        assert_eq!((time.time, time.counted), (START + 864_000, 10));
        assert_eq!(time.advance(at(3600, 3600, 1)), None, "told once");
        assert_eq!((time.time, time.counted), (START + 864_000, 10 + 3580));
    }

    #[test]
    fn a_clock_that_creeps_is_told_once_for_each_hour() {
        let mut time = Time::begin(at(0, 0, 1));
        let told: Vec<u64> =
            (1..=9000).filter(|step| time.advance(at(step * 11, step * 10, 1)).is_some()).collect();
        assert_eq!(told, [3601, 7202]);
        // Where it was stepped to, it may tremble.
        for back in [3600, 3 * 3600, 24 * 3600] {
            let mut time = Time::begin(at(0, 0, 1));
            time.advance(at(100_000, 100_000, 1));
            let told = (0..100).filter(|step| {
                let wall = 100_010 + step * 10 - back + step % 3;
                time.advance(at(wall, 100_010 + step * 10, 1)).is_some()
            });
            assert!(told.count() <= 1, "{back}");
        }
    }

    #[test]
    fn a_restart_counts_as_a_day_at_most() {
        let mut time = Time::begin(at(0, 0, 1));
        time.advance(at(100, 100, 1));
        assert_eq!(time.advance(at(400, 2, 2)), None);
        assert_eq!(time.counted, 400);
        assert_eq!(time.advance(at(864_000, 4, 3)), None, "it may have been off for so long");
        assert_eq!(time.counted, 400 + 26 * 3600);
        assert_eq!(time.advance(at(864_010, 14, 3)), None);
        assert_eq!(time.counted, 400 + 26 * 3600 + 10);
        assert_eq!(time.advance(at(0, 1, 4)), Some(-864_010), "it cannot have gone back");
        assert_eq!(time.counted, 400 + 26 * 3600 + 10);
        // Without boot ids a restart shows in the other clock.
        let mut time = Time::begin(at(0, 1000, 0));
        time.advance(at(864_000, 1, 0));
        assert_eq!(time.counted, 26 * 3600);
    }

    #[test]
    fn a_time_reads_back() {
        let mut time = Time::begin(at(0, 0, 1));
        time.advance(at(3, 2, 1));
        let mut bytes = Vec::new();
        time.encode(&mut bytes);
        assert_eq!(Time::decode(&mut Reader::new(&bytes, "test")), Ok(time));
        assert_eq!(bytes.len(), LEN);
        bytes[..8].fill(0);
        assert!(
            Time::decode(&mut Reader::new(&bytes, "test")).is_err(),
            "the base is later than the time"
        );
    }

    #[test]
    fn the_machine_has_clocks() {
        let (one, two) = (Clock::System.read(), Clock::System.read());
        assert_eq!(one.boot, two.boot);
        assert!(one.since_boot > 0 && one.since_boot <= two.since_boot);
    }
}
