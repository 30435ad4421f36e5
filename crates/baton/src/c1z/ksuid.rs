//! Ids of syncs.

use std::fmt;
use std::str::FromStr;

use usher_model::Timestamp;

/// A KSUID: seconds since 2014-05-13T16:53:20Z and 16 random bytes, written as 27 characters of base 62,
/// so that ids sort by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ksuid([u8; 20]);

/// The second from which a KSUID counts, in Unix time.
const EPOCH: i64 = 1_400_000_000;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 27;

impl Ksuid {
    /// An id of the time `at`, told apart from others of that second by random bytes. Times before 2014
    /// or after 2150 count as the first or last second that fits.
    pub fn new(at: Timestamp, random: [u8; 16]) -> Self {
        let seconds = (at.as_second() - EPOCH).clamp(0, i64::from(u32::MAX));
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        let mut bytes = [0; 20];
        let (time, payload) = bytes.split_at_mut(4);
        time.copy_from_slice(&seconds.to_be_bytes());
        payload.copy_from_slice(&random);
        Self(bytes)
    }

    /// The second in which the id was made.
    pub fn timestamp(&self) -> Timestamp {
        let mut seconds = [0; 4];
        seconds.copy_from_slice(self.0.split_at(4).0);
        let seconds = i64::from(u32::from_be_bytes(seconds));
        Timestamp::from_second(EPOCH + seconds).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Ksuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = self.0;
        let mut digits = [b'0'; LENGTH];
        for digit in digits.iter_mut().rev() {
            let mut remainder = 0_u32;
            for byte in &mut number {
                let value = (remainder << 8) | u32::from(*byte);
                *byte = u8::try_from(value / 62).unwrap_or_default();
                remainder = value % 62;
            }
            *digit = ALPHABET
                .get(remainder as usize)
                .copied()
                .unwrap_or_default();
        }
        f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Ksuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no KSUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sync id has 27 letters and digits")]
pub struct ParseKsuidError;

impl FromStr for Ksuid {
    type Err = ParseKsuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != LENGTH {
            return Err(ParseKsuidError);
        }
        let mut bytes = [0_u8; 20];
        for letter in text.bytes() {
            let digit = ALPHABET.iter().position(|known| *known == letter);
            let mut carry = digit.ok_or(ParseKsuidError)?;
            for byte in bytes.iter_mut().rev() {
                let value = usize::from(*byte) * 62 + carry;
                *byte = u8::try_from(value & 0xff).unwrap_or_default();
                carry = value >> 8;
            }
            if carry > 0 {
                return Err(ParseKsuidError);
            }
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_published_id_reads_as_its_published_parts() {
        let id: Ksuid = "0ujtsYcgvSTl8PAuAdqWYSMnLOv".parse().unwrap();
        assert_eq!(id.timestamp().as_second(), 107_608_047 + EPOCH);
        assert_eq!(id.0[4..8], [0xB5, 0xA1, 0xCD, 0x34]);
        assert_eq!(id.to_string(), "0ujtsYcgvSTl8PAuAdqWYSMnLOv");
    }

    #[test]
    fn text_that_is_no_id_is_refused() {
        for text in [
            "",
            "0ujtsYcgvSTl8PAuAdqWYSMnLO",
            "0ujtsYcgvSTl8PAuAdqWYSMnLO-",
            &"z".repeat(27),
        ] {
            assert_eq!(text.parse::<Ksuid>(), Err(ParseKsuidError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_id_reads_back_and_sorts_by_time(
            first in EPOCH..EPOCH + i64::from(u32::MAX), later in 1_i64..1000, random: [u8; 16], other: [u8; 16],
        ) {
            let id = Ksuid::new(Timestamp::from_second(first).unwrap(), random);
            prop_assert_eq!(id.to_string().parse::<Ksuid>(), Ok(id));
            let at = (first + later).min(EPOCH + i64::from(u32::MAX));
            let second = Ksuid::new(Timestamp::from_second(at).unwrap(), other);
            prop_assert!(at == first || id.to_string() < second.to_string());
        }
    }
}
