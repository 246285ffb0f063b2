//! What a fault does: which part of the format has a kind.

use sim_core::FaultKind;

use super::FaultEntry;
use super::reader::Reader;

impl FaultEntry {
    /// The kind with this name, which is the only one that is there.
    pub(super) fn read_kind(&self, name: &str, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        match name {
            "crash" => self.read_crash(reader),
            "power_loss" => self.read_power_loss(reader),
            "restart" => Some(FaultKind::Restart { targets: reader.target(name, &self.restart)? }),
            "join" => self.read_join(reader),
            "partition" => self.read_partition(reader),
            "isolate" => self.read_isolate(reader),
            "bridge" => self.read_bridge(reader),
            "majority_ring" => self.read_majority_ring(reader),
            "random_links" => self.read_random_links(reader),
            "swizzle" => self.read_swizzle(reader),
            "one_way" => self.read_one_way(reader),
            "send_omission" => self.read_send_omission(reader),
            "receive_omission" => self.read_receive_omission(reader),
            "link_omission" => self.read_link_omission(reader),
            "links" => self.read_links(reader),
            "link" => self.read_link(reader),
            "deliver" => self.read_deliver(reader),
            "fire" => self.read_fire(reader),
            "end" => self.read_end(reader),
            "pause" => Some(FaultKind::Pause { targets: reader.target(name, &self.pause)? }),
            "slow" => self.read_slow(reader),
            "clock_jump" => self.read_clock_jump(reader),
            "drift" => self.read_drift(reader),
            "late_timers" => self.read_late_timers(reader),
            "slow_disk" => self.read_slow_disk(reader),
            "corrupt_record" => self.read_corrupt_record(reader),
            "failing_sync" => self.read_failing_sync(reader),
            "read_error" => self.read_read_error(reader),
            "full_disk" => self.read_full_disk(reader),
            "operate" => self.read_operator(reader),
            "upgrade" => self.read_upgrade(reader),
            "twin" => self.read_twin(reader),
            "mutate" => self.read_mutate(reader),
            "silence" => self.read_silence(reader),
            "stall" => self.read_stall(reader),
            "stale" => self.read_stale(reader),
            "adversary" => self.read_adversary(reader),
            _ => unreachable!("{name} is a kind of fault that nobody reads"),
        }
    }
}
