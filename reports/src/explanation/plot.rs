//! A curve, drawn with characters: a line a point.

use sim_core::Time;

use super::{Estimate, Point};

/// Columns from 0 to 100 percent.
const WIDTH: usize = 50;

/// One line for each point: its step, when that was, what came of the samples, and where the probability
/// is.
pub(super) fn plot(points: &[Point]) -> String {
    let mut text = format!("  {:>6}  {:>15}  {:>9}  {}\n", "step", "time", "violated", axis());
    for point in points {
        let Estimate { samples, violated, .. } = point.estimate;
        let (time, share) = (Time::from_nanos(point.time_ns).to_string(), format!("{violated}/{samples}"));
        text += &format!("  {:>6}  {time:>15}  {share:>9}  {}\n", point.step, bar(&point.estimate));
    }
    text
}

fn axis() -> String {
    format!("{:<half$}{:<half$}{}", "0 %", "50 %", "100 %", half = WIDTH / 2)
}

/// The interval, with the share of the samples in it.
fn bar(estimate: &Estimate) -> String {
    let column = |share: f64| (share * WIDTH as f64).round() as usize;
    let (low, high) = (column(estimate.low), column(estimate.high));
    let middle = column(estimate.percent() / 100.0);
    let character = |at: usize| match at {
        at if at == middle => 'o',
        at if at >= low && at <= high => '-',
        _ => ' ',
    };
    (0..=high.max(middle)).map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_interval() {
        assert_eq!(bar(&Estimate::new(0, 100)), "o--");
        assert_eq!(bar(&Estimate::new(100, 100)), format!("{}--o", " ".repeat(48)));
        let half = bar(&Estimate::new(50, 100));
        assert_eq!(half, format!("{}-----o-----", " ".repeat(20)));
        assert_eq!(axis().find("100 %"), Some(WIDTH));
    }
}
