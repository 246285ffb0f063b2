//! One seed of one test: how a failure says to reproduce it, and how a test is told to.
//!
//! The environment is read here, outside any run.

/// The environment variable that makes a [`Simulation::check`](crate::Simulation::check) run one seed only,
/// and show its trace if it fails.
///
/// It holds a test's name and the seed, as failures print them: `raft::leaders::0x2a`. All other tests of
/// the program then run as usual. A seed alone, such as `0x2a` or `42`, applies to every test.
pub const SEED_VARIABLE: &str = "FAULTBED_SEED";

/// A seed in decimal or, after `0x`, hexadecimal digits.
pub fn parse_seed(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The seed that the environment asks the running test to use, if any.
///
/// # Errors
/// Why the variable's value is not a seed.
#[expect(clippy::disallowed_methods, reason = "read once, before any run begins")]
pub(super) fn seed_of_environment() -> Result<Option<u64>, String> {
    match std::env::var(SEED_VARIABLE) {
        Ok(text) => seed_for(&text, test_name().as_deref()),
        Err(_) => Ok(None),
    }
}

/// The seed that `text` asks of this test.
fn seed_for(text: &str, test: Option<&str>) -> Result<Option<u64>, String> {
    let (name, digits) = text.rsplit_once("::").map_or((None, text), |(name, digits)| (Some(name), digits));
    let Some(seed) = parse_seed(digits) else {
        let expected = "expected a number such as 42 or 0x2a, or a test's name before it, as in the_test::0x2a";
        return Err(format!("{SEED_VARIABLE}={text} is not a seed: {expected}"));
    };
    Ok((name.is_none() || name == test).then_some(seed))
}

/// The command that runs this seed of the running test again.
#[expect(clippy::disallowed_methods, reason = "for a message, after all runs are over")]
pub(super) fn see_again(seed: u64) -> String {
    command(seed, test_name().as_deref(), std::env::var("CARGO_PKG_NAME").ok().as_deref())
}

/// Cargo tells the tests that it runs the name of their package.
fn command(seed: u64, test: Option<&str>, package: Option<&str>) -> String {
    let package = package.map_or_else(String::new, |package| format!(" -p {package}"));
    match test {
        Some(test) => {
            format!("{SEED_VARIABLE}={test}::{seed:#x} cargo test{package} {test} -- --exact --include-ignored")
        }
        None => format!("{SEED_VARIABLE}={seed:#x} cargo test{package}"),
    }
}

/// The test harness names its threads after their tests.
#[expect(clippy::disallowed_methods, reason = "for a message, or before any run begins")]
fn test_name() -> Option<String> {
    std::thread::current().name().filter(|name| *name != "main").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_for_the_test_that_is_named_or_for_all() {
        let here = Some("raft::leaders");
        assert_eq!(seed_for("raft::leaders::0x2a", here), Ok(Some(42)));
        assert_eq!(seed_for("raft::leaders::42", here), Ok(Some(42)));
        assert_eq!(seed_for("leaders::0x2a", here), Ok(None), "another test");
        assert_eq!(seed_for("raft::leaders::0x2a", None), Ok(None), "no test of that name");
        assert_eq!((seed_for("0x2a", here), seed_for("42", None)), (Ok(Some(42)), Ok(Some(42))));
    }

    #[test]
    fn what_is_no_seed_is_refused_by_every_test() {
        for text in ["forty-two", "raft::leaders", "raft::leaders::", "other::0x"] {
            assert!(seed_for(text, Some("raft::leaders")).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_asks_that_test_for_that_seed() {
        let printed = command(42, Some("raft::leaders"), Some("protocols"));
        assert_eq!(
            printed,
            "FAULTBED_SEED=raft::leaders::0x2a cargo test -p protocols raft::leaders -- --exact --include-ignored"
        );
        assert_eq!(command(42, None, None), "FAULTBED_SEED=0x2a cargo test");
    }
}
