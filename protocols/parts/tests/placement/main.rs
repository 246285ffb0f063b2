//! What the documentation of placement says was measured.

mod load;

#[test]
fn the_table_of_the_documentation_is_what_is_measured() {
    let measured = load::table();
    assert_eq!(include_str!("../../src/placement/load.md"), measured, "src/placement/load.md should be\n{measured}");
}
