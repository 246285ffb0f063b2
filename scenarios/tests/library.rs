//! The scenarios that are built into the program.

use scenarios::{Registry, library, load};

#[test]
fn every_scenario_of_the_library_loads_without_a_warning() {
    let registry = Registry::standard();
    let schema = jsonschema::validator_for(&registry.schema()).unwrap();
    for entry in library::library() {
        match load(&registry, &entry.source(), &[]) {
            Ok(scenario) => {
                assert!(scenario.warnings.is_empty(), "{}", scenario.warnings[0].render(false));
                assert!(schema.is_valid(&scenario.document.to_json_value()), "{}", entry.name);
            }
            Err(mistakes) => panic!("{}", mistakes[0].render(false)),
        }
        let found = library::find(entry.name).unwrap();
        assert_eq!(found.len(), 1, "{} is not the name of one scenario", entry.name);
        assert_eq!(found[0].text(), entry.source().text());
    }
}
