//! Decompresses gzip, and says in clear words what is wrong with the data.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// What every gzip file begins with.
pub(super) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// So many times its size is what no history unpacks to: a few kilobytes could keep the program busy for hours.
const MOST_TIMES: u64 = 200;

/// What does not come to more bytes than this is unpacked all the same.
const ALWAYS: u64 = 256 << 20;

/// The data of one or more gzip files, one after the other.
pub(super) struct Gunzip<R> {
    /// The one that is being unpacked; nothing after the last.
    member: Option<GzDecoder<Counted<R>>>,
    /// Bytes that have been unpacked, and so many may be for any number of compressed ones.
    unpacked: u64,
    always: u64,
}

/// Counts what is read.
struct Counted<R> {
    reader: R,
    bytes: u64,
}

impl<R: BufRead> Gunzip<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { member: Some(GzDecoder::new(Counted { reader, bytes: 0 })), unpacked: 0, always: ALWAYS }
    }

    /// Goes on with what follows a file that has been unpacked.
    fn next_member(&mut self) -> io::Result<()> {
        let Some(mut rest) = self.member.take().map(GzDecoder::into_inner) else { return Ok(()) };
        match rest.fill_buf()?.first() {
            None => Ok(()),
            Some(byte) if *byte == GZIP[0] => {
                self.member = Some(GzDecoder::new(rest));
                Ok(())
            }
            Some(_) => Err(io::Error::other("there is something after its gzip data")),
        }
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let length = member.read(buffer).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => io::Error::other("its gzip data ends too early"),
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                    io::Error::other(format!("its gzip data is damaged: {error}"))
                }
                _ => error,
            })?;
            if length == 0 && !buffer.is_empty() {
                self.next_member()?;
                continue;
            }
            self.unpacked += length as u64;
            if self.unpacked > self.always.max(MOST_TIMES.saturating_mul(member.get_ref().bytes)) {
                return Err(io::Error::other(format!(
                    "its gzip data unpacks to more than {MOST_TIMES} times its size and {} MiB: if that is right, \
                     unpack it first",
                    self.always >> 20
                )));
            }
            return Ok(length);
        }
        Ok(0)
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        self.bytes += length as u64;
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
        self.bytes += amount as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("there is memory");
        encoder.finish().expect("there is memory")
    }

    #[track_caller]
    fn check(bytes: &[u8], always: u64, expected: Result<&str, &str>) {
        let mut text = String::new();
        let read = Gunzip { always, ..Gunzip::new(bytes) }.read_to_string(&mut text).map_err(|error| error.to_string());
        match expected {
            Ok(whole) => assert_eq!((read, &*text), (Ok(whole.len()), whole)),
            Err(message) => assert!(read.as_ref().is_err_and(|error| error.contains(message)), "{read:?}"),
        }
    }

    #[test]
    fn files_follow_one_another_and_nothing_else_does() {
        let (one, other) = (packed(b"one"), packed(b"other"));
        check(&[&*one, &*other].concat(), ALWAYS, Ok("oneother"));
        check(&[&*one, b"\n"].concat(), ALWAYS, Err("something after its gzip data"));
        check(&[&*one, &other[..5]].concat(), ALWAYS, Err("ends too early"));
        check(&one[..one.len() - 3], ALWAYS, Err("ends too early"));
        let mut damaged = other;
        let last = damaged.len() - 6;
        damaged[last] ^= 1;
        check(&damaged, ALWAYS, Err("is damaged"));
    }

    #[test]
    fn little_does_not_become_too_much() {
        let blanks = " ".repeat(1 << 20);
        let packed = packed(blanks.as_bytes());
        assert!(packed.len() as u64 * MOST_TIMES < 1 << 20);
        check(&packed, 1 << 20, Ok(&blanks));
        check(&packed, 1 << 19, Err("more than 200 times its size"));
    }
}
