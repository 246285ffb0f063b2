//! Lists the scenarios of `library/`, so that the program carries them with it wherever it is
//! installed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script in its environment where to write")]
fn main() -> io::Result<()> {
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let library = Path::new(&package).join("library");
    println!("cargo::rerun-if-changed={}", library.display());
    let mut files = Vec::new();
    collect(&library, String::new(), &mut files)?;
    files.sort();
    let mut list = String::from("[\n");
    for (name, path) in files {
        writeln!(list, "    ({name:?}, include_str!({path:?})),").expect("a string takes everything");
    }
    list.push_str("]\n");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    fs::write(Path::new(&out).join("library.rs"), list)
}

/// Adds the scenarios below a directory, by their names with slashes between the parts.
fn collect(directory: &Path, prefix: String, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.is_dir() {
            collect(&path, format!("{prefix}{stem}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push((format!("{prefix}{stem}"), path));
        }
    }
    Ok(())
}
