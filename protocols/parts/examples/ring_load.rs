//! Prints how even the load on a ring is, for some numbers of virtual nodes: the table in the documentation of
//! `parts::placement`, which a test holds to it.
//!
//! ```text
//! cargo run -p faultbed-parts --example ring_load
//! ```

#[path = "../tests/placement/load.rs"]
mod load;

#[expect(clippy::print_stdout, reason = "it is a program")]
fn main() {
    print!("{}", load::table());
}
