//! Prints how soon crashes are detected and how often nodes are suspected by mistake, for each detector from hasty to
//! patient: the table in the documentation of `failure_detectors`, which a test holds to it.
//!
//! ```text
//! cargo run --release -p faultbed-failure-detectors --example trade_off
//! ```

#[path = "../tests/worlds/trade_off.rs"]
mod trade_off;

#[expect(clippy::print_stdout, reason = "it is a program")]
fn main() {
    print!("{}", trade_off::table());
}
