//! A fault in a line.

use std::fmt;

use super::{Aim, Boundary, Fault, Milestone, Selector, Trigger};
use crate::time::Time;

/// As in `13ms crash n2, restart after 80ms` or `after Elected#2 partition n0 n1 | others, for 2s`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trigger, kind, lasts, repeat, one_by_one, probability, .. } = self;
        write!(f, "{trigger} {}", kind.name())?;
        match kind.aim() {
            Aim::Everybody => {}
            Aim::At(targets) => named(f, targets)?,
            Aim::Groups(groups) => {
                for (number, group) in groups.iter().enumerate() {
                    f.write_str(if number == 0 { "" } else { " |" })?;
                    named(f, group)?;
                }
            }
            Aim::Sides(from, to) => {
                let side = |side: Option<&Selector>| side.map_or_else(|| "all".to_owned(), Selector::to_string);
                write!(f, " {} to {}", side(from), side(to))?;
            }
            Aim::About(targets, others) => {
                write!(f, " {targets}")?;
                named(f, others)?;
            }
        }
        if let Some(restart_after) = kind.clone().restart_after_mut().and_then(|restart_after| *restart_after) {
            write!(f, ", restart after {restart_after}")?;
        }
        if let Some(lasts) = lasts {
            write!(f, ", for {lasts}")?;
        }
        if let Some(repeat) = repeat {
            write!(f, ", every {}", repeat.every)?;
            repeat.on.map_or(Ok(()), |on| write!(f, " for {on}"))?;
        }
        if let Some(apart) = one_by_one {
            write!(f, ", one by one {apart} apart")?;
        }
        if !probability.is_always() {
            write!(f, ", with probability {}", probability.as_f64())?;
        }
        Ok(())
    }
}

fn named(f: &mut fmt::Formatter<'_>, selectors: &[Selector]) -> fmt::Result {
    selectors.iter().try_for_each(|selector| write!(f, " {selector}"))
}

/// As in `13ms`, `80ms later` or `after Elected#2`.
impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => at.since(Time::ZERO).fmt(f),
            Self::Wait(wait) => write!(f, "{wait} later"),
            Self::After(milestone) => write!(f, "after {milestone}"),
            Self::InStep(Boundary { step, after }) => write!(f, "in step {step} after {after} effects,"),
        }
    }
}

/// As in `Elected#2 of n1`, `100 operations` or `n0>n1 Append#3`.
impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |id: &Option<_>| id.map_or_else(|| "all".to_owned(), |id: crate::process::NodeId| id.to_string());
        match self {
            Self::Event { event: what, count, .. } | Self::Role { role: what, count, .. } => {
                write!(f, "{what}#{count}")?;
            }
            Self::Operations { count } => write!(f, "{count} operations")?,
            Self::Message { kind, from, to, count } => write!(f, "{}>{} {kind}#{count}", end(from), end(to))?,
            Self::State { state, .. } => f.write_str(state)?,
        }
        self.whose().map_or(Ok(()), |whose| write!(f, " of {whose}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;
    use crate::network::CutMode;
    use crate::time::{ms, secs};

    #[test]
    fn a_fault_reads_as_what_happens_to_whom() {
        let crash: Fault = Fault::crash("n2").restart_after(ms(80)).at(ms(13)).into();
        assert_eq!(crash.to_string(), "13ms crash n2, restart after 80ms");
        let groups = vec![vec!["n0".into(), "n1".into()], vec![Selector::Others]];
        let partition = FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None };
        let partition = Fault::after(Milestone::event("Elected", 2), partition).lasting(secs(2));
        assert_eq!(partition.to_string(), "after Elected#2 partition n0 n1 | others, for 2s");
        let one_way = FaultKind::OneWay { from: "n0".into(), to: "c1".into(), mode: CutMode::Hold };
        assert_eq!(Fault::at(Time::ZERO + secs(1), one_way).to_string(), "1s one_way n0 to c1");
    }
}
