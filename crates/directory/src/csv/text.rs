//! From bytes to text.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_8};

use crate::settings::refuse;
use crate::{DirectoryError, ErrorKind};

/// The encoding of a label.
pub(crate) fn encoding(label: &str) -> Result<&'static Encoding, DirectoryError> {
    Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
        refuse(
            "encoding",
            format!("`{label}` is no encoding; try `utf-8` or `windows-1252`"),
        )
    })
}

/// The text of a file: in the encoding of its byte order mark, else in the one that was set, else in UTF-8.
/// A byte that has no meaning there is an error with its place, never a replacement character.
pub(super) fn decode<'b>(
    file: &str,
    bytes: &'b [u8],
    set: Option<&str>,
) -> Result<Cow<'b, str>, DirectoryError> {
    let (encoding, start) = match (Encoding::for_bom(bytes), set) {
        (Some((marked, length)), _) => (marked, length),
        (None, Some(label)) => (encoding(label)?, 0),
        (None, None) => (UTF_8, 0),
    };
    let body = bytes.get(start..).unwrap_or_default();
    let text = if encoding == UTF_8 {
        match std::str::from_utf8(body) {
            Ok(text) => Cow::Borrowed(text),
            Err(error) => return Err(bad_byte(file, encoding, bytes, start + error.valid_up_to())),
        }
    } else {
        Cow::Owned(transcode(file, encoding, bytes, start)?)
    };
    match text.find('\0') {
        Some(at) => Err(DirectoryError::new(
            ErrorKind::Unreadable,
            format!("{file}: a zero byte in line {}", line_at(text.as_bytes(), at)),
        )
        .with_hint("this looks like UTF-16 without a byte order mark: set `encoding = \"utf-16le\"`, or save the file as UTF-8")),
        None => Ok(text),
    }
}

fn transcode(
    file: &str,
    encoding: &'static Encoding,
    bytes: &[u8],
    start: usize,
) -> Result<String, DirectoryError> {
    let body = bytes.get(start..).unwrap_or_default();
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(body.len());
    let mut text = String::with_capacity(room.unwrap_or(body.len()));
    match decoder.decode_to_string_without_replacement(body, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (_, read) => Err(bad_byte(
            file,
            encoding,
            bytes,
            start + read.saturating_sub(1),
        )),
    }
}

fn bad_byte(file: &str, encoding: &'static Encoding, bytes: &[u8], at: usize) -> DirectoryError {
    let byte = bytes.get(at).copied().unwrap_or_default();
    let error = DirectoryError::new(
        ErrorKind::Unreadable,
        format!(
            "{file}: byte {byte:#04x} at position {at} (line {}) is not {}",
            line_at(bytes, at),
            encoding.name(),
        ),
    );
    error.with_hint(if encoding == UTF_8 {
        "save the file as UTF-8, or say what it is, such as `encoding = \"windows-1252\"`"
    } else {
        "check the setting `encoding`"
    })
}

/// The number of the line at a position, from 1.
pub(super) fn line_at(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or(bytes);
    before.split(|byte| *byte == b'\n').count()
}

/// The delimiter that a first line itself names (`sep=;`, as Excel writes it), and where the table begins.
pub(super) fn named_delimiter(text: &str) -> (Option<u8>, usize) {
    let (line, rest) = match text.find('\n') {
        Some(end) => (text.get(..end).unwrap_or(text), end + 1),
        None => return (None, 0),
    };
    let named = line
        .trim_end()
        .strip_prefix("sep=")
        .or_else(|| line.trim_end_matches(['\r', ' ']).strip_prefix("sep="));
    match named.map(str::as_bytes) {
        Some([delimiter]) => (Some(*delimiter), rest),
        Some([]) if line.starts_with("sep=\t") => (Some(b'\t'), rest),
        _ => (None, 0),
    }
}

/// The delimiter that the header uses most, outside quotes; a comma when it uses none.
pub(super) fn likely_delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts
                .iter_mut()
                .filter(|(candidate, _)| *candidate == byte)
                .for_each(|(_, count)| *count += 1),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts
        .iter()
        .find(|(_, count)| *count == most)
        .map_or(b',', |(delimiter, _)| *delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_decides_on_the_encoding() {
        let utf16: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain("Zoë".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decode("f", &utf16, Some("windows-1252")).unwrap(), "Zoë");
        let utf16: Vec<u8> = [0xFE, 0xFF]
            .into_iter()
            .chain("Zoë".encode_utf16().flat_map(u16::to_be_bytes))
            .collect();
        assert_eq!(decode("f", &utf16, None).unwrap(), "Zoë");
        assert_eq!(decode("f", b"\xEF\xBB\xBFZo\xC3\xAB", None).unwrap(), "Zoë");
    }

    #[test]
    fn windows_1252_is_read_where_it_is_set_and_refused_with_its_place_where_not() {
        let bytes = b"name\nZo\xEB\n";
        assert_eq!(
            decode("f", bytes, Some("windows-1252")).unwrap(),
            "name\nZoë\n"
        );
        let error = decode("people.csv", bytes, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "people.csv: byte 0xeb at position 7 (line 2) is not UTF-8"
        );
        assert!(error.hint().unwrap().contains("windows-1252"));
    }

    #[test]
    fn utf_16_without_a_mark_is_noticed() {
        let bytes: Vec<u8> = "name".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let error = decode("f", &bytes, None).unwrap_err();
        assert!(error.hint().unwrap().contains("utf-16le"), "{error}");
        assert_eq!(decode("f", &bytes, Some("utf-16le")).unwrap(), "name");
    }

    #[test]
    fn the_header_tells_the_delimiter_and_quoted_ones_do_not_count() {
        for (header, delimiter) in [
            ("a,b,c\n", b','),
            ("a;b;c", b';'),
            ("a\tb\tc,d\n", b'\t'),
            ("\"a,b,c,d\";e;f\n1,2,3,4,5", b';'),
            ("alone\n1,2", b','),
        ] {
            assert_eq!(likely_delimiter(header), delimiter, "{header}");
        }
        assert_eq!(named_delimiter("sep=;\r\na,b"), (Some(b';'), 7));
        assert_eq!(named_delimiter("sep=\t\na"), (Some(b'\t'), 6));
        assert_eq!(named_delimiter("a;b\n"), (None, 0));
    }
}
