//! From the bytes of a `.c1z` file to the database in it, and back.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Serialize;

use super::C1zError;
use super::scratch::create_private;

/// How a file is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Nothing at all, or nothing behind the first five bytes: a file in which no sync was written yet.
    Empty,
    /// Version 1: a SQLite database in zstd frames.
    V1,
}

impl Format {
    /// The format in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::V1 => "c1z v1 (SQLite, zstd)",
        }
    }
}

const MAGIC: [u8; 5] = *b"C1ZF\0";
const MAGIC_VERSION_3: [u8; 5] = *b"C1Z3\0";
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Readers of every age accept windows up to 2^27 bytes, 128 MiB.
const WINDOW_LOG_LIMIT: u32 = 27;
/// A zstd frame header is at most this long (RFC 8878 §3.1.1.1, and 4 bytes of magic number).
const FRAME_HEADER_BYTES: usize = 18;
const BUFFER_BYTES: usize = 256 * 1024;

/// A file that was unpacked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unpacked {
    pub(crate) format: Format,
    pub(crate) file_bytes: u64,
    pub(crate) image_bytes: u64,
}

/// Unpacks the database of `path` into the new file `image`, which may not grow beyond `limit` bytes.
pub(crate) fn unpack(path: &Path, image: &Path, limit: u64) -> Result<Unpacked, C1zError> {
    let reading = || C1zError::io("read", path);
    let mut file = File::open(path).map_err(reading())?;
    let metadata = file.metadata().map_err(reading())?;
    if !metadata.is_file() {
        return Err(C1zError::NotAFile {
            path: path.to_owned(),
        });
    }
    let mut out = create_private(image).map_err(C1zError::io("create", image))?;
    let magic = read_up_to(&mut file, MAGIC.len()).map_err(reading())?;
    check_magic(&magic, path)?;
    let frame_header = read_up_to(&mut file, FRAME_HEADER_BYTES).map_err(reading())?;
    let mut unpacked = Unpacked {
        format: Format::Empty,
        file_bytes: metadata.len(),
        image_bytes: 0,
    };
    if frame_header.is_empty() {
        return Ok(unpacked);
    }
    unpacked.format = Format::V1;
    if let Ok(Some(bytes)) = zstd::zstd_safe::get_frame_content_size(&frame_header)
        && bytes > limit
    {
        return Err(too_large(path, limit));
    }
    let input = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(frame_header).chain(file));
    unpacked.image_bytes = decode(input, &mut out, path, image, limit)?;
    check_image(&mut out, path, image)?;
    Ok(unpacked)
}

/// Reads `wanted` bytes, or fewer when the file ends.
fn read_up_to(file: &mut File, wanted: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(wanted);
    file.take(wanted as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn check_magic(magic: &[u8], path: &Path) -> Result<(), C1zError> {
    if magic.is_empty() || magic == MAGIC {
        return Ok(());
    }
    let path = path.to_owned();
    if magic == MAGIC_VERSION_3 {
        return Err(C1zError::Version3 { path });
    }
    if MAGIC.starts_with(magic) || MAGIC_VERSION_3.starts_with(magic) {
        return Err(C1zError::Damaged {
            path,
            what: "it breaks off within its first five bytes",
            source: None,
        });
    }
    Err(C1zError::NotC1z { path })
}

fn too_large(path: &Path, limit: u64) -> C1zError {
    C1zError::TooLarge {
        path: path.to_owned(),
        limit,
    }
}

fn decode(
    input: impl io::BufRead,
    out: &mut File,
    path: &Path,
    image: &Path,
    limit: u64,
) -> Result<u64, C1zError> {
    let undecodable = |source| decoding_failed(path, source);
    let mut decoder = zstd::Decoder::with_buffer(input).map_err(undecodable)?;
    decoder
        .window_log_max(WINDOW_LOG_LIMIT)
        .map_err(undecodable)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut total = 0_u64;
    loop {
        let count = match decoder.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(undecodable(error)),
        };
        total += count as u64;
        if total > limit {
            return Err(too_large(path, limit));
        }
        let bytes = buffer.get(..count).unwrap_or_default();
        out.write_all(bytes).map_err(C1zError::io("write", image))?;
    }
}

fn decoding_failed(path: &Path, source: io::Error) -> C1zError {
    let path = path.to_owned();
    if source.raw_os_error().is_some() {
        return C1zError::Io {
            action: "read",
            path,
            source,
        };
    }
    // The library gives its reason only as text.
    if source.to_string().contains("too much memory") {
        return C1zError::WindowTooLarge { path };
    }
    let what = if source.kind() == io::ErrorKind::UnexpectedEof {
        "it breaks off before its end"
    } else {
        "its compressed part cannot be unpacked"
    };
    C1zError::Damaged {
        path,
        what,
        source: Some(Box::new(source)),
    }
}

/// Checks that the image is a SQLite database, and marks it as one that needs no write-ahead log: the
/// log is never part of a file, and without the mark a reader would have to create one.
fn check_image(image: &mut File, path: &Path, image_path: &Path) -> Result<(), C1zError> {
    let failed = || C1zError::io("write", image_path);
    image.seek(SeekFrom::Start(0)).map_err(failed())?;
    let header = read_up_to(image, 20).map_err(failed())?;
    if header.is_empty() {
        return Ok(());
    }
    if header.len() < 20 || !header.starts_with(SQLITE_MAGIC) {
        return Err(C1zError::Damaged {
            path: path.to_owned(),
            what: "there is no SQLite database in it",
            source: None,
        });
    }
    // Offsets 18 and 19 of the database header: 2 means write-ahead log, 1 rollback journal.
    if header.ends_with(&[2, 2]) {
        image.seek(SeekFrom::Start(18)).map_err(failed())?;
        image.write_all(&[1, 1]).map_err(failed())?;
    }
    Ok(())
}

/// Packs the database `image` into the new file `out`, flushes it to the disk and returns its size.
pub(crate) fn pack(image: &Path, out: &Path, level: i32) -> Result<u64, C1zError> {
    let reading = || C1zError::io("read", image);
    let writing = || C1zError::io("write", out);
    let mut input = File::open(image).map_err(reading())?;
    let bytes = input.metadata().map_err(reading())?.len();
    let mut file = create_private(out).map_err(writing())?;
    file.write_all(&MAGIC).map_err(writing())?;
    let buffered = BufWriter::with_capacity(BUFFER_BYTES, file);
    let mut encoder = zstd::Encoder::new(buffered, level).map_err(writing())?;
    encoder.include_checksum(true).map_err(writing())?;
    encoder.include_contentsize(true).map_err(writing())?;
    encoder
        .set_pledged_src_size(Some(bytes))
        .map_err(writing())?;
    io::copy(&mut input, &mut encoder).map_err(writing())?;
    let buffered = encoder.finish().map_err(writing())?;
    let file = buffered
        .into_inner()
        .map_err(|error| writing()(error.into_error()))?;
    file.sync_all().map_err(writing())?;
    Ok(file.metadata().map_err(writing())?.len())
}
