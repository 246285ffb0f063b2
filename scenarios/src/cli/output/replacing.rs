//! A file that appears, or is replaced, as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is written beside its place, and put there when all of it is written. If that is never reached,
/// whatever was in the place stays.
///
/// Written in its place is a file that is to be read while it grows; what is no regular file, such as
/// `/dev/null`; and what is in a directory in which no other file can be made.
pub(super) struct Replacing {
    /// Where it belongs.
    path: PathBuf,
    /// Where it is written.
    part: PathBuf,
    /// Made when there is something to write: a command that is killed before that leaves nothing behind.
    file: Option<BufWriter<File>>,
}

/// When a file is there to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appears {
    /// When all of it is written.
    Whole,
    /// As it is written: each result when it is found.
    Growing,
}

impl Replacing {
    /// A file with this path.
    ///
    /// # Errors
    /// It cannot be made or written.
    pub(super) fn new(path: &Path, appears: Appears) -> io::Result<Self> {
        // What a link leads to is replaced, not the link.
        let path = match path.canonicalize() {
            Ok(path) => path,
            Err(error) if path.is_symlink() && error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) => path.to_owned(),
        };
        let exists = path.exists();
        if exists && !path.is_file() {
            let file = File::create(&path)?;
            return Ok(Self { part: path.clone(), path, file: Some(BufWriter::new(file)) });
        }
        if exists {
            OpenOptions::new().write(true).open(&path)?;
        }
        // Whether it can be made is to be known before the work is done.
        let part = part_of(&path);
        let beside = File::create(&part).and_then(|_| fs::remove_file(&part));
        let part = match beside {
            Ok(()) if appears == Appears::Whole => part,
            Err(error) if !exists => return Err(error),
            _ => path.clone(),
        };
        Ok(Self { path, part, file: None })
    }

    /// All of it is written: it takes its place.
    ///
    /// # Errors
    /// It does not.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.flush()?;
        // There is a file even if there was nothing to write.
        self.file()?;
        self.file = None;
        if self.part == self.path {
            return Ok(());
        }
        if let Ok(before) = fs::metadata(&self.path) {
            fs::set_permissions(&self.part, before.permissions())?;
        }
        fs::rename(&self.part, &self.path)
    }

    fn file(&mut self) -> io::Result<&mut BufWriter<File>> {
        let made = match self.file.take() {
            Some(file) => file,
            None => BufWriter::new(File::create(&self.part)?),
        };
        Ok(self.file.insert(made))
    }
}

/// Where the file with this path is written: beside it, under a name that no other process takes.
#[expect(clippy::disallowed_methods, reason = "the name of a file for a while, which has no part in any run")]
fn part_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

impl Write for Replacing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

/// What has not been put into its place is of no use.
impl Drop for Replacing {
    fn drop(&mut self) {
        if self.file.take().is_some() && self.part != self.path {
            let _ = fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let directory =
            std::env::temp_dir().join(format!("faultbed-replacing-{name}-{}", part_of(Path::new("x")).display()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        directory
    }

    fn names(directory: &Path) -> usize {
        fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn a_file_is_there_when_all_of_it_is_written_and_not_before() {
        let directory = scratch("whole");
        let path = directory.join("out");
        let mut file = Replacing::new(&path, Appears::Whole).unwrap();
        assert_eq!(names(&directory), 0, "nothing has been written");
        file.write_all(b"one").unwrap();
        file.flush().unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        drop(file);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(&directory)), ("one", 1));
        let mut file = Replacing::new(&path, Appears::Whole).unwrap();
        file.write_all(b"other").unwrap();
        drop(file);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(&directory)), ("one", 1), "it was given up");
        Replacing::new(&path, Appears::Whole).unwrap().finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "", "a file of nothing is a file");
        let mut file = Replacing::new(&path, Appears::Growing).unwrap();
        file.write_all(b"three").unwrap();
        file.flush().unwrap();
        drop(file);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(&directory)), ("three", 1), "it grows");
        fs::remove_dir_all(&directory).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_written_in_its_place() {
        let directory = scratch("device");
        let link = directory.join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        let mut file = Replacing::new(&link, Appears::Whole).unwrap();
        file.write_all(b"gone").unwrap();
        file.finish().unwrap();
        assert_eq!((fs::read_link(&link).unwrap(), names(&directory)), (PathBuf::from("/dev/null"), 1));
        assert!(Replacing::new(&directory.join("no/such"), Appears::Whole).is_err());
        let round = directory.join("round");
        std::os::unix::fs::symlink("round", &round).unwrap();
        assert!(Replacing::new(&round, Appears::Whole).is_err() && round.is_symlink(), "it leads nowhere");
        fs::remove_dir_all(&directory).unwrap();
    }
}
