//! SIGINT and SIGTERM: the first one ends a command in order, the second at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_default};
use signal_hook::low_level::unregister;

const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// Whether a signal has come.
#[derive(Debug)]
pub(crate) struct Interrupt {
    came: Arc<AtomicBool>,
}

/// Flags that signals raise for as long as this lives.
#[derive(Debug)]
pub(crate) struct Raises(Vec<SigId>);

impl Interrupt {
    /// Takes note of signals from now on, instead of what they do by themselves.
    pub(crate) fn catch() -> Self {
        let came = Arc::new(AtomicBool::new(false));
        for signal in SIGNALS {
            // In this order: the first signal finds the flag unset, and sets it for the second.
            register_conditional_default(signal, Arc::clone(&came)).expect("it can be caught");
            register(signal, Arc::clone(&came)).expect("it can be caught");
        }
        Self { came }
    }

    /// Whether one has come.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }

    /// Lets a signal raise this flag too; one that has come already raises it now.
    pub(crate) fn raises(&self, flag: &Arc<AtomicBool>) -> Raises {
        let ids = SIGNALS.map(|signal| register(signal, Arc::clone(flag)).expect("it can be caught"));
        if self.came() {
            flag.store(true, Ordering::SeqCst);
        }
        Raises(ids.to_vec())
    }
}

impl Drop for Raises {
    fn drop(&mut self) {
        self.0.iter().for_each(|id| {
            unregister(*id);
        });
    }
}
