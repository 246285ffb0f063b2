//! Prints how soon crashes are detected and how often nodes are suspected by mistake, for each detector from hasty to
//! patient: the table in the documentation of `failure_detectors`, which a test holds to it.
//!
//! ```text
//! cargo run --release -p faultbed-failure-detectors --example trade_off
//! ```

#[path = "../tests/worlds/trade_off.rs"]
mod trade_off;

use trade_off::{SEEDS, line, settings};

#[expect(clippy::print_stdout, reason = "it is a program")]
fn main() {
    println!(
        "\nThree nodes, beats 50 ms apart, links that lose one of 20 messages and delay the others by 1 ms and an\n\
         exponentially distributed time of 15 ms on average; each node crashes once, for 3 s; {SEEDS} runs of 30 s.\n\
         `cargo run --release -p faultbed-failure-detectors --example trade_off` measures it.\n\n\
         | detector | detection time | mistakes a second and pair | mistake duration | query accuracy \
         | missed crashes | Theorem 1 |\n\
         |---|---|---|---|---|---|---|"
    );
    settings().iter().for_each(|setting| println!("{}", line(setting)));
}
