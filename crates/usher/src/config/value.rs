//! The types that a setting can have, each with one text form.
//!
//! A value is written the same way in `usher.toml`, in the environment and as a flag, so each type has one
//! parser; what it accepts is its [`SettingValue::FORM`].

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use secrecy::SecretString;
use url::Url;
use usher_engine::notify::NoticeKind;
use usher_server::{Network, NetworkError};

use super::setting::Shape;

/// A type that a setting can have.
pub trait SettingValue: Sized {
    /// What is accepted, in words, for messages and the reference page.
    const FORM: &'static str;
    /// How it may be written in a file; a list and a table come as one line for each part.
    const SHAPE: Shape = Shape::Plain;

    /// Reads the text form. The error says what is wrong, without repeating the text.
    fn parse(text: &str) -> Result<Self, String>;

    /// The value when nothing sets it and the setting has no default.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: SettingValue> SettingValue for Option<T> {
    const FORM: &'static str = T::FORM;
    const SHAPE: Shape = T::SHAPE;

    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl SettingValue for String {
    const FORM: &'static str = "text";

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl SettingValue for PathBuf {
    const FORM: &'static str = "a path";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the path is empty".to_owned());
        }
        Ok(Self::from(text))
    }
}

impl SettingValue for SecretString {
    const FORM: &'static str = "a secret";

    fn parse(text: &str) -> Result<Self, String> {
        let token = text.trim();
        if token.is_empty() {
            return Err("the token is empty".to_owned());
        }
        if token.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("the token contains white space".to_owned());
        }
        Ok(Self::from(token))
    }
}

impl SettingValue for Url {
    const FORM: &'static str = "a URL";

    fn parse(text: &str) -> Result<Self, String> {
        let mut url = Self::parse(text).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it must begin with https:// (or http:// on this machine)".to_owned());
        }
        // A base address: what is joined to it must not replace its last segment.
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(url)
    }
}

impl SettingValue for u8 {
    const FORM: &'static str = "a whole number from 0 to 100";

    fn parse(text: &str) -> Result<Self, String> {
        text.trim_end_matches('%')
            .trim()
            .parse()
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or_else(|| "it is not a whole number from 0 to 100".to_owned())
    }
}

impl SettingValue for SocketAddr {
    const FORM: &'static str = "an address and a port, such as 0.0.0.0:8080";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "it is not an IP address with a port, such as 0.0.0.0:8080".to_owned())
    }
}

/// Networks, single addresses among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks(pub Vec<Network>);

impl SettingValue for Networks {
    const FORM: &'static str =
        "IP addresses or networks such as 10.0.0.0/8, with commas between them";

    fn parse(text: &str) -> Result<Self, String> {
        let networks = text.split(',').map(|part| {
            let read = part.trim().parse();
            read.map_err(|error: NetworkError| error.to_string())
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

impl SettingValue for u32 {
    const FORM: &'static str = "a whole number";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| "it is not a whole number".to_owned())
    }
}

/// A TCP port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port(pub u16);

impl SettingValue for Port {
    const FORM: &'static str = "a port from 1 to 65535";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .filter(|port| *port > 0)
            .map(Self)
            .ok_or_else(|| "it is not a port from 1 to 65535".to_owned())
    }
}

/// What people are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeKinds(pub BTreeSet<NoticeKind>);

impl SettingValue for NoticeKinds {
    const FORM: &'static str = "all, none, or kinds with commas between them";

    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "all" => return Ok(Self(NoticeKind::ALL.into_iter().collect())),
            "none" => return Ok(Self(BTreeSet::new())),
            _ => {}
        }
        let words = text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty());
        words.map(notice_kind).collect::<Result<_, _>>().map(Self)
    }
}

fn notice_kind(word: &str) -> Result<NoticeKind, String> {
    let folded = word.replace('-', "_");
    let mut kinds = NoticeKind::ALL.into_iter();
    kinds.find(|kind| kind.as_str() == folded).ok_or_else(|| {
        let words = NoticeKind::ALL.iter().map(|kind| kind.as_str());
        match crate::config::suggest::nearest(word, words) {
            Some(near) => format!("`{word}` is no kind of notice; did you mean `{near}`?"),
            None => format!("`{word}` is no kind of notice"),
        }
    })
}

impl SettingValue for f64 {
    const FORM: &'static str = "a number above 0";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .filter(|number: &Self| number.is_finite() && *number > 0.0)
            .ok_or_else(|| "it is not a number above 0".to_owned())
    }
}

/// A length of time, written `90d`, `15m`, `1h 30m`. A day is 24 hours, a week 7 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

impl Period {
    /// The same length as jiff counts it.
    pub fn signed(self) -> SignedDuration {
        SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX)
    }
}

impl SettingValue for Period {
    const FORM: &'static str = "a length of time such as 30s, 15m, 12h, 90d";

    fn parse(text: &str) -> Result<Self, String> {
        let refuse = || "it is not a length of time such as 30s, 15m, 12h or 90d".to_owned();
        let span: Span = text.trim().parse().map_err(|_| refuse())?;
        let length = span
            .to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(|_| refuse())?;
        Duration::try_from(length).map(Self).map_err(|_| refuse())
    }
}

impl std::str::FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        <Self as SettingValue>::parse(text)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (number, unit) = match seconds {
            0 => (0, "s"),
            s if s % 86_400 == 0 => (s / 86_400, "d"),
            s if s % 3_600 == 0 => (s / 3_600, "h"),
            s if s % 60 == 0 => (s / 60, "m"),
            s => (s, "s"),
        };
        write!(f, "{number}{unit}")
    }
}

/// Defines a setting with a fixed set of words, which is also a clap value.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident $form:literal { $($(#[doc = $doc:literal])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)+
        }

        impl $name {
            /// The words.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];
        }

        impl SettingValue for $name {
            const FORM: &'static str = $form;

            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => {
                        let near = crate::config::suggest::nearest(text, Self::WORDS.iter().copied());
                        Err(match near {
                            Some(near) => format!("it must be {}; did you mean `{near}`?", $form),
                            None => format!("it must be {}", $form),
                        })
                    }
                }
            }
        }
    };
}

pub(crate) use words;

words!(
    /// When output is coloured.
    ColorChoice "auto, always or never" {
        /// On a terminal, unless `NO_COLOR` is set.
        Auto = "auto",
        /// Always.
        Always = "always",
        /// Never.
        Never = "never",
    }
);

words!(
    /// How the log is written.
    LogFormat "console or json" {
        /// Lines for people.
        Console = "console",
        /// One JSON object per line.
        Json = "json",
    }
);

words!(
    /// How much the log says.
    LogLevel "error, warn, info, debug or trace" {
        /// Failures only.
        Error = "error",
        /// And what looks wrong.
        Warn = "warn",
        /// And what is done.
        Info = "info",
        /// And how.
        Debug = "debug",
        /// And everything.
        Trace = "trace",
    }
);

words!(
    /// How Miro meters SCIM calls, which its documents leave open.
    ScimLimits "shared-pool or per-class" {
        /// One pool of credits for all calls: the cautious reading.
        SharedPool = "shared-pool",
        /// A pool of calls per kind of call.
        PerClass = "per-class",
    }
);

words!(
    /// How a connection to an SMTP server is secured.
    Security "starttls, tls or none" {
        /// It begins in the clear and turns to TLS before anything is said.
        StartTls = "starttls",
        /// TLS from the first byte.
        Tls = "tls",
        /// In the clear, to this machine only.
        None = "none",
    }
);

words!(
    /// Whether an optional source is read.
    Optional "auto or off" {
        /// If the token allows it.
        Auto = "auto",
        /// Never.
        Off = "off",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_reads_days_weeks_and_compounds() {
        let seconds = |text| <Period as SettingValue>::parse(text).unwrap().0.as_secs();
        assert_eq!(seconds("90d"), 90 * 86_400);
        assert_eq!(seconds("2w"), 14 * 86_400);
        assert_eq!(seconds("1h30m"), 5_400);
        assert_eq!(seconds("15m"), 900);
    }

    #[test]
    fn a_period_without_a_unit_or_below_zero_is_refused() {
        for text in ["90", "-1d", "", "soon", "3x"] {
            assert!(<Period as SettingValue>::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_base_address_gets_its_slash() {
        let url = <Url as SettingValue>::parse("http://127.0.0.1:8080/api/v1/scim").unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:8080/api/v1/scim/");
    }

    #[test]
    fn a_misspelt_word_is_answered_with_the_nearest_one() {
        let error = ScimLimits::parse("shared_pool").unwrap_err();
        assert!(error.contains("did you mean `shared-pool`?"), "{error}");
    }

    #[test]
    fn a_percentage_may_carry_its_sign() {
        assert_eq!(<u8 as SettingValue>::parse("20%"), Ok(20));
        assert!(<u8 as SettingValue>::parse("101").is_err());
    }
}
