//! Prints what detection costs and how long it takes: `figures.md`, which is part of the documentation of `swim`, and
//! which a test holds to it.
//!
//! ```text
//! cargo run --release -p faultbed-swim --example figures
//! ```

#[path = "../tests/figures/figures.rs"]
mod figures;

#[expect(clippy::print_stdout, reason = "it is a program")]
fn main() {
    print!("{}", figures::tables(100));
}
