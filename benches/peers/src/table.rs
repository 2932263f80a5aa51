//! The results as Markdown.

use std::fmt::Write;

use crate::contest::Contest;
use crate::measure::{SIZES, Series};

/// The size at which numbers of threads are compared: that of a chunk in an envelope.
const CHUNK: usize = 1;

/// A table: operations and contenders down, sizes and ratios across. With more than one thread,
/// `one` is the series of the same rounds with one.
pub fn render(contest: &Contest, series: &Series, one: Option<&Series>) -> String {
    let one = one.filter(|one| one.threads != series.threads);
    let threads = match series.threads {
        1 => "one thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    let columns = columns(contest, one.is_some());
    let mut table = format!("### {}, {threads}\n\n| | {} |", contest.subject, columns.join(" | "));
    let _ = write!(table, "\n|---|{}", "---:|".repeat(columns.len()));
    for (operation, name) in contest.subject.operations().iter().enumerate() {
        for (index, contender) in contest.contenders.iter().enumerate() {
            let cells = cells(contest, series, one, (index, operation)).join(" | ");
            let _ = write!(table, "\n| {name}, {} | {cells} |", contender.name);
        }
    }
    table.push_str(&footer(contest, series));
    table
}

/// What stands above the cells.
fn columns(contest: &Contest, has_one: bool) -> Vec<String> {
    let [(shortest, _), .., (longest, _)] = SIZES;
    let bases = contest.subject.bases().iter().map(|base| format!("÷ {base}"));
    let sizes = SIZES.map(|(size, _)| [size.to_owned()].into_iter().chain(bases.clone()));
    let own = [format!("{shortest} ÷ {longest}")];
    let threads = has_one.then(|| format!("{} ÷ one thread", SIZES[CHUNK].0));
    sizes.into_iter().flatten().chain(own).chain(threads).collect()
}

/// A row: the median rate at each size and the median ratios to each base; then the ratio of two
/// sizes, and of numbers of threads.
fn cells(
    contest: &Contest,
    series: &Series,
    one: Option<&Series>,
    (contender, operation): (usize, usize),
) -> Vec<String> {
    let rates = |series: &Series, size: usize, contender: usize| -> Vec<f64> {
        series.rates[size][contender].iter().map(|rates| rates[operation]).collect()
    };
    let bases = contest.subject.bases().iter();
    let bases = bases.map(|base| contest.contenders.iter().position(|one| one.name == *base));
    let mut cells = Vec::new();
    for size in 0..SIZES.len() {
        let own = rates(series, size, contender);
        cells.push(format!("{:.2}", quartile(own.iter().copied(), 2)));
        let base = |base: Option<usize>| base.map(|base| rates(series, size, base));
        cells.extend(bases.clone().map(|which| match base(which) {
            Some(base) => ratio(&own, &base),
            None => "–".to_owned(),
        }));
    }
    let last = SIZES.len() - 1;
    cells.push(ratio(&rates(series, 0, contender), &rates(series, last, contender)));
    cells.extend(
        one.map(|one| ratio(&rates(series, CHUNK, contender), &rates(one, CHUNK, contender))),
    );
    cells
}

/// The median of the ratios round by round.
fn ratio(rates: &[f64], base: &[f64]) -> String {
    format!("{:.2}", quartile(rates.iter().zip(base).map(|(rate, base)| rate / base), 2))
}

fn footer(contest: &Contest, series: &Series) -> String {
    let spreads = series.rates.iter().flatten().flat_map(|rounds| {
        (0..contest.subject.operations().len()).map(|operation| {
            let rates = || rounds.iter().map(|rates| rates[operation]);
            (quartile(rates(), 3) - quartile(rates(), 1)) / quartile(rates(), 2)
        })
    });
    let spread = quartile(spreads, 2) * 100.0;
    let absent: String =
        contest.absent.iter().map(|problem| format!(" Missing: {problem}.")).collect();
    format!("\n\nMiddle half of the rounds: {spread:.0} % wide (median of all rows).{absent}\n")
}

/// The value below which so many quarters of `values` lie; between two neighbours in proportion.
fn quartile(values: impl Iterator<Item = f64>, quarters: usize) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = quarters * last;
    let (below, above) = (sorted[place / 4], sorted[place.div_ceil(4)]);
    below + (above - below) * (place % 4) as f64 / 4.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Contender;
    use crate::contest::Subject;

    #[test]
    fn ratios_are_of_the_same_round() {
        let hash = |name: &str| Contender::hash(name, || |_: &[u8]| [0; 32]);
        let contenders = vec![hash("own"), hash("`sm3` crate")];
        let absent = vec!["libgcrypt: not there".to_owned()];
        let contest = Contest { subject: Subject::Sm3, contenders, absent };
        // The machine becomes three times as fast in the second round, after the first row.
        let rounds = |rate: f64, speeds: [f64; 3]| speeds.map(|speed| [speed * rate, 0.0]).to_vec();
        let both = |own| vec![rounds(own, [1.0, 1.0, 3.0]), rounds(2.0, [1.0, 3.0, 3.0])];
        let of = |own: [f64; 3]| own.map(both).to_vec();
        let one = Series { threads: 1, rates: of([1.0, 2.0, 4.0]) };
        let two = Series { threads: 2, rates: of([2.0, 3.0, 8.0]) };

        let table = render(&contest, &two, Some(&one));
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], "### SM3, 2 threads");
        let cells = "2.00 | – | 1.00 | 3.00 | – | 1.50 | 8.00 | – | 4.00 | 0.25 | 1.50";
        assert_eq!(lines[4], format!("| hash, own | {cells} |"));
        assert!(lines[2].ends_with(" | 16 KiB ÷ 1 MiB | 64 KiB ÷ one thread |"));
        let bars = |line: &&str| line.matches('|').count();
        assert!(lines[2..6].iter().all(|line| bars(line) == 13), "{table}");
        assert!(table.ends_with(" Missing: libgcrypt: not there.\n"));

        let table = render(&contest, &one, Some(&one));
        assert!(!table.contains("÷ one thread"));
    }

    #[test]
    fn quartiles() {
        let values = || [5.0, 1.0, 4.0, 2.0, 3.0].into_iter();
        assert_eq!(quartile(values(), 2), 3.0);
        assert_eq!(quartile(values(), 1), 2.0);
        assert_eq!(quartile(values().take(4), 2), 3.0);
        assert_eq!(quartile([7.0].into_iter(), 3), 7.0);
        assert!(quartile(std::iter::empty(), 2).is_nan());
    }
}
