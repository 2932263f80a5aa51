//! The results as Markdown.

use std::fmt::Write;

use crate::contest::Contest;
use crate::measure::{Rates, SIZES, Series};

/// A table: operations and contenders down, sizes and ratios across.
pub fn render(contest: &Contest, series: &Series) -> String {
    let threads = match series.threads {
        1 => "one thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    let mut table = format!("### {}, {threads}\n\n|", contest.subject);
    let mut rule = "\n|---|".to_owned();
    for (size, _) in SIZES {
        let ratios: String =
            contest.subject.bases().iter().map(|base| format!(" | ÷ {base}")).collect();
        let _ = write!(table, " | {size}{ratios}");
        rule.push_str(&"---:|".repeat(1 + contest.subject.bases().len()));
    }
    table.push_str(" |");
    table.push_str(&rule);
    for (operation, name) in contest.subject.operations().iter().enumerate() {
        for (index, contender) in contest.contenders.iter().enumerate() {
            let _ = write!(table, "\n| {name}, {} |", contender.name);
            for rates in &series.rates {
                table.push_str(&cells(contest, rates, index, operation));
            }
        }
    }
    table.push_str(&footer(contest, series));
    table
}

/// The median rate, and the median of the ratios to each base.
fn cells(contest: &Contest, rates: &[Vec<Rates>], index: usize, operation: usize) -> String {
    let own = || rates[index].iter().map(|rates| rates[operation]);
    let mut cells = format!(" {:.2} |", quartile(own(), 2));
    for base in contest.subject.bases() {
        let base = contest.contenders.iter().position(|contender| contender.name == *base);
        let _ = match base.map(|base| &rates[base]) {
            Some(base) => {
                let ratios = own().zip(base).map(|(own, base)| own / base[operation]);
                write!(cells, " {:.2} |", quartile(ratios, 2))
            }
            None => write!(cells, " – |"),
        };
    }
    cells
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
