//! How the program ends. The numbers are public: scripts depend on them.

/// Everything ended as expected.
pub const OK: u8 = 0;
/// A property or a level of consistency was violated, or an expected violation did not come.
pub const VIOLATED: u8 = 1;
/// The command line makes no sense, or names a file that cannot be made.
pub const USAGE: u8 = 2;
/// A scenario or another input file is invalid or cannot be read.
pub const INVALID: u8 = 3;
/// A run or a history could not be judged.
pub const INCONCLUSIVE: u8 = 4;
/// The same seed gave two different runs.
pub const NONDETERMINISTIC: u8 = 5;
/// Something that was asked for was not put to the test.
pub const NOTHING_TESTED: u8 = 6;
/// A signal ended it before all was run.
pub const INTERRUPTED: u8 = 7;
/// Results were lost: they could not be written.
pub const OUTPUT: u8 = 74;
/// A defect of Faultbed itself.
pub const DEFECT: u8 = 70;

/// For `git bisect run`: this commit is good.
pub const GOOD: u8 = 0;
/// For `git bisect run`: this commit is bad.
pub const BAD: u8 = 1;
/// For `git bisect run`: this commit cannot be judged, and is left out.
pub const SKIP: u8 = 125;
/// For `git bisect run`, which gives up at any code from 128: the command itself is wrong, at every commit.
pub const ABORT: u8 = 128;

/// What `git bisect run` is to make of how the program ends. It takes every other code below 128 for a bad
/// commit.
pub const fn in_bisect(code: u8) -> u8 {
    match code {
        GOOD | BAD | SKIP => code,
        USAGE | OUTPUT => ABORT,
        _ => SKIP,
    }
}

/// Which of several ends a program that ran into all of them reports.
pub fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    const ORDER: [u8; 10] =
        [OK, INCONCLUSIVE, NOTHING_TESTED, INTERRUPTED, VIOLATED, INVALID, USAGE, NONDETERMINISTIC, OUTPUT, DEFECT];
    let rank = |code: &u8| ORDER.iter().position(|known| known == code);
    codes.into_iter().max_by_key(rank).unwrap_or(OK)
}
