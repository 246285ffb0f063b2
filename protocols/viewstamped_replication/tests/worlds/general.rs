//! What holds in a world of random faults beyond what scenario files check.

use sim_core::{Fault, ms};
use viewstamped_replication::{Stable, VrConfig};

use crate::{calm, clients};

#[test]
fn a_group_of_one_commits_alone() {
    let config = VrConfig { f: 0, ..VrConfig::default() };
    calm(config, 1, clients(2, 20, ms(10))).run_for(ms(1000)).sometimes("Committed").check(0..20);
}

#[test]
fn an_even_number_of_replicas_survives_one_of_them() {
    calm(VrConfig::default(), 4, clients(3, 60, ms(20)))
        .fault(Fault::crash("random").wiped().restart_after(ms(50)).at(ms(300)))
        .fault(Fault::crash("primary").wiped().restart_after(ms(50)).at(ms(900)))
        .heal_at(ms(1500))
        .progress_within(ms(2000))
        .run_for(ms(4000))
        .sometimes("Recovered")
        .check(0..50);
}

/// Whatever is on disks, replicas that have no use for them read and write nothing there.
#[test]
fn a_run_does_not_depend_on_disks_unless_the_view_is_to_be_there() {
    let written = |stable| {
        let config = VrConfig { stable, ..VrConfig::default() };
        let crash = Fault::crash("primary").restart_after(ms(20)).at(ms(300));
        let outcome = calm(config, 3, clients(3, 60, ms(20))).fault(crash).run_for(ms(1000)).run_traced(3);
        outcome.trace.expect("it was asked for").to_string().lines().filter(|line| line.contains(" syncs ")).count()
    };
    assert_eq!(written(Stable::Nothing), 0);
    assert!(written(Stable::View) > 0);
}
