//! Crashes and disks: what async code sees of them, as the documentation of `Disk` says.

use async_nodes::{AsyncNode, DiskError, Node, WriteToken, sleep, spawn};
use sim_core::{Fault, Probability, Simulation, ms};

use crate::life::{Life, alone, clock, told};

/// A node that does this once, loses its power, and announces what is on its disk then.
fn crashed<F: Future<Output = ()> + 'static>(
    writes: impl Fn(Node<Life>) -> F + Clone + Send + Sync + 'static,
) -> Simulation<AsyncNode<Life>> {
    let main = move |node: Node<Life>| {
        let writes = writes.clone();
        async move {
            let records = node.disk().records().expect("it can be read");
            if records.is_empty() { writes(node).await } else { node.emit(format!("{records:?}")) }
        }
    };
    alone(main).fault(Fault::crash("n0").power_loss().at(ms(500)).restart_after(ms(10)))
}

/// Writes a record every 100 ms, and announces what it finds and what is durable.
async fn writer(node: Node<Life>) {
    let stored = match node.disk().records() {
        Ok(stored) => stored,
        Err(error) => return node.emit(error.to_string()),
    };
    let records: Vec<u64> = stored.iter().filter_map(|record| record.readable().copied()).collect();
    node.emit(format!("booted with {records:?}"));
    for record in records.len() as u64.. {
        sleep(ms(100)).named("Write").await;
        node.disk().append(record);
        match node.disk().sync().await {
            Ok(()) => node.emit(format!("durable {record}")),
            Err(error) => node.emit(format!("{record}: {error}")),
        }
    }
}

#[test]
fn a_crash_drops_the_function_and_a_boot_begins_it_anew_with_the_disk() {
    let crash = Fault::crash("n0").at(ms(250)).restart_after(ms(50));
    let told = told(&alone(writer).fault(crash).run_for(ms(650)));
    assert_eq!(
        told,
        ["booted with []", "durable 0", "durable 1", "booted with [0, 1]", "durable 2", "durable 3", "durable 4"]
    );
}

#[test]
fn a_power_loss_in_the_middle_of_a_step_keeps_what_was_synced_alone() {
    let main = |node: Node<Life>| async move {
        let count = node.disk().records().map_or(0, |records| records.len());
        node.emit(format!("booted with {count}"));
        if count == 0 {
            node.disk().append(0);
            node.disk().sync().await.expect("the disk works");
            sleep(ms(100)).named("Twice").await;
            node.disk().append(1);
            node.emit("written".to_owned());
            node.disk().append(2);
        }
    };
    let crash = Fault::crash("n0").power_loss().mid_step().at(ms(50)).restart_after(ms(50));
    let simulation = alone(main).fault(crash);
    let mut seen: Vec<Vec<String>> = (0..50).map(|seed| simulation.run_traced(seed).announced()).collect();
    seen.sort();
    seen.dedup();
    // Cut before the announcement or after it, with the first of the two records kept or not; never without record 0.
    let (short, long) = (["n0 \"booted with 0\"", "n0 \"booted with 1\""], ["n0 \"written\"", "n0 \"booted with 2\""]);
    assert!(seen.contains(&short.map(str::to_owned).to_vec()), "{seen:?}");
    assert!(seen.iter().any(|told| told.ends_with(&long.map(str::to_owned))), "{seen:?}");
    assert!(!seen.iter().any(|told| told[1..].iter().any(|line| line.contains("booted with 0"))), "{seen:?}");
}

#[test]
fn a_failed_sync_is_an_error_and_the_next_one_may_succeed() {
    let fault = Fault::failing_sync("n0").at(ms(150)).lasting(ms(100));
    let told = told(&alone(writer).fault(fault).run_for(ms(350)));
    assert_eq!(told, ["booted with []", "durable 0", "1: a sync failed", "durable 2"]);
}

#[test]
fn a_full_disk_is_an_error_that_names_the_write() {
    let fault = Fault::full_disk("n0").at(ms(150)).lasting(ms(230));
    let simulation = alone(writer).fault(fault).run_for(ms(650));
    let crash = Fault::crash("n0").at(ms(450)).restart_after(ms(10));
    assert_eq!(
        told(&simulation.fault(crash)),
        [
            "booted with []",
            "durable 0",
            "1: write 1 found the disk full",
            "2: write 2 found the disk full",
            "durable 3",
            // Two were never written.
            "booted with [0, 3]",
            "durable 2"
        ]
    );
}

#[test]
fn a_record_that_cannot_be_read_is_an_error_and_the_others_can() {
    let main = |node: Node<Life>| async move {
        match node.disk().records() {
            Err(error) => {
                node.emit(error.to_string());
                let read: Vec<_> = (0..3).map(|index| node.disk().record(index)).collect();
                assert_eq!(read.iter().filter(|read| read.is_err()).count(), 1, "{read:?}");
                assert_eq!(node.disk().record(3), Ok(None), "there are three");
            }
            Ok(records) if records.is_empty() => {
                (0..3).for_each(|record| _ = node.disk().append(record));
                node.disk().sync().await.expect("the disk works");
            }
            Ok(records) => node.emit(format!("{} records", records.len())),
        }
    };
    let unreadable = Fault::read_error("n0").at(ms(50)).lasting(ms(100));
    let crash = |at| Fault::crash("n0").at(ms(at)).restart_after(ms(10));
    let told = told(&alone(main).fault(unreadable).fault(crash(100)).fault(crash(200)));
    assert_eq!(told[1..], ["3 records"], "another boot can read it");
    assert!(told[0].starts_with("record ") && told[0].ends_with(" could not be read"), "{told:?}");
}

/// A write that finds the disk full is not done; nothing is lost of what the step does besides, in whatever task.
#[test]
fn on_a_full_disk_all_but_the_write_goes_on() {
    let main = |node: Node<Life>| async move {
        let other = node.clone();
        sleep(ms(100)).named("Begin").await;
        node.emit("before".to_owned());
        let write = node.disk().append(7);
        assert_eq!(write, WriteToken(0));
        node.emit("behind".to_owned());
        let nap = spawn(async move {
            sleep(ms(10)).named("Nap").await;
            other.emit(format!("awake at {}", clock()));
        });
        assert_eq!(node.disk().sync().await, Err(DiskError::Full(write)));
        nap.await.expect("nobody aborts it");
        // It was said: there is no more to say, and the disk is as it was.
        assert_eq!(node.disk().sync().await, Ok(()));
    };
    let fault = Fault::full_disk("n0").at(ms(50)).lasting(ms(500));
    assert_eq!(told(&alone(main).fault(fault)), ["before", "behind", "awake at 110"]);
}

/// From the first write that is refused on none is done until somebody has heard of it.
#[test]
fn a_log_has_no_holes() {
    let writes = |node: Node<Life>| async move {
        node.disk().append(0);
        sleep(ms(100)).named("Full").await;
        let refused = node.disk().append(1);
        sleep(ms(100)).named("Room").await;
        // There is room again, and still it is not done: nobody knows of the one before it.
        node.disk().append(2);
        let (early, late) = tokio::join!(node.disk().sync(), node.disk().sync());
        assert_eq!((early, late), (Err(DiskError::Full(refused)), Err(DiskError::Full(refused))));
        node.disk().append(3);
        assert_eq!(node.disk().sync().await, Ok(()));
    };
    let full = Fault::full_disk("n0").at(ms(50)).lasting(ms(100));
    assert_eq!(told(&crashed(writes).fault(full)), ["[Readable(0), Readable(3)]"]);
}

/// Whoever appends while nobody knows yet hears of it too, although somebody else has heard of the write before it.
#[test]
fn each_task_hears_that_its_record_is_not_there() {
    let writes = |node: Node<Life>| async move {
        node.disk().append(0);
        sleep(ms(100)).named("Full").await;
        let first = node.disk().append(1);
        let (told, second) = tokio::join!(node.disk().sync(), async { node.disk().append(2) });
        assert_eq!(told, Err(DiskError::Full(first)));
        sleep(ms(100)).named("Room").await;
        node.disk().append(3);
        assert_eq!(node.disk().sync().await, Err(DiskError::Full(second)));
        node.disk().append(4);
        assert_eq!(node.disk().sync().await, Ok(()));
    };
    let full = Fault::full_disk("n0").at(ms(50)).lasting(ms(100));
    assert_eq!(told(&crashed(writes).fault(full)), ["[Readable(0), Readable(4)]"]);
}

#[test]
fn a_program_makes_room_on_a_full_disk() {
    let writes = |node: Node<Life>| async move {
        (0..3).for_each(|record| _ = node.disk().append(record));
        sleep(ms(100)).named("Full").await;
        let longer = node.disk().replace(vec![5, 6, 7, 8]);
        assert_eq!(node.disk().sync().await, Err(DiskError::Full(longer)));
        // No longer than it is: that finds room, and so does what is shorter.
        node.disk().replace(vec![5, 6, 7]);
        node.disk().truncate(2);
        assert_eq!(node.disk().sync().await, Ok(()));
    };
    let full = Fault::full_disk("n0").at(ms(50)).lasting(ms(300));
    assert_eq!(told(&crashed(writes).fault(full)), ["[Readable(5), Readable(6)]"]);
}

/// Both have gone wrong: what is written again helps against either.
#[test]
fn a_sync_that_fails_on_a_full_disk_says_that_it_failed() {
    let main = |node: Node<Life>| async move {
        sleep(ms(100)).named("Full").await;
        let write = node.disk().append(1);
        assert_eq!(node.disk().sync().await, Err(DiskError::SyncFailed));
        sleep(ms(300)).named("Works").await;
        // Nobody had heard of the write.
        assert_eq!(node.disk().sync().await, Err(DiskError::Full(write)));
        node.emit("heard of both".to_owned());
    };
    let full = Fault::full_disk("n0").at(ms(50)).lasting(ms(200));
    let failing = Fault::failing_sync("n0").at(ms(50)).lasting(ms(200));
    assert_eq!(told(&alone(main).fault(full).fault(failing)), ["heard of both"]);
}

#[test]
fn a_sync_whose_future_is_dropped_still_makes_durable_what_was_written() {
    let writes = |node: Node<Life>| async move {
        node.disk().append(1);
        let late = async_nodes::timeout(sleep(ms(0)).named("No time"), node.disk().sync()).await;
        node.emit(format!("{late:?}"));
    };
    assert_eq!(told(&crashed(writes)), ["Err(Elapsed)", "[Readable(1)]"]);
}

/// Disks that fail, fill up and cannot be read, with a program that tries again whatever happens: what it has once
/// heard to be durable it finds at each later boot.
#[test]
fn what_a_sync_has_made_durable_is_there_whatever_the_disk_does() {
    let main = |node: Node<Life>| async move {
        let Ok(records) = node.disk().records() else { return node.halt("another boot may read it") };
        node.emit(format!("found {}", records.len()));
        let mut count = records.len();
        loop {
            sleep(ms(5)).named("Write").await;
            node.disk().append(0);
            match node.disk().sync().await {
                Ok(()) => count += 1,
                Err(_) => return node.halt("it is safest to look at the disk again"),
            }
            node.emit(format!("durable {count}"));
        }
    };
    let rate = Probability::ratio(1, 2);
    let simulation = alone(main)
        .fault(Fault::crash("n0").power_loss().at(ms(100)).restart_after(ms(10)))
        .fault(Fault::full_disk("n0").restart_after(ms(5)).at(ms(200)).lasting(ms(50)))
        .fault(Fault::failing_sync("n0").rate(rate).restart_after(ms(5)).at(ms(400)).lasting(ms(300)))
        .fault(Fault::read_error("n0").rate(rate).restart_after(ms(5)).at(ms(400)).lasting(ms(300)))
        .run_for(ms(1000));
    for seed in 0..30 {
        let mut durable = 0;
        for line in simulation.run_traced(seed).announced() {
            let line = line.trim_start_matches("n0 ").trim_matches('"').to_owned();
            let number = |word: &str| line.strip_prefix(word).and_then(|rest| rest.parse::<u64>().ok());
            if let Some(found) = number("found ") {
                assert!(found >= durable, "seed {seed}: {durable} were durable, and it found {found}");
                durable = found;
            }
            durable = number("durable ").unwrap_or(durable).max(durable);
        }
        assert!(durable > 20, "seed {seed}: only {durable} records");
    }
}
