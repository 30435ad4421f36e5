//! Where a browser goes when it is signed in: somewhere here, and nowhere else.

use url::Url;

use crate::problem::Problem;

/// The most bytes of such a path.
const LONGEST: usize = 1024;

/// A path of this server, with what may follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Reads a path. Whatever a browser could take for an address elsewhere is refused.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if is_local(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::invalid("a browser is sent to paths of Usher only")
            .hint("write a path that begins with one `/`, such as `/plans?state=waiting`")
            .at("return_to"))
    }

    /// The path at which browsers find Usher.
    pub fn home(public_url: &Url) -> Self {
        Self(public_url.path().to_owned())
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Browsers take `\` for `/` and leave tabs and line breaks out, so none of these may be there; and what is left must lead to
/// the host that it is read on (WHATWG URL).
fn is_local(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    if text.len() > LONGEST || !text.starts_with('/') || text.starts_with("//") {
        return false;
    }
    let Ok(here) = Url::parse("https://usher.invalid/") else {
        return false;
    };
    let leads_here = here
        .join(text)
        .is_ok_and(|there| there.origin() == here.origin() && there.username().is_empty());
    text.bytes().all(plain) && leads_here
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_usher_are_taken_as_they_are() {
        for text in [
            "/",
            "/plans?state=waiting",
            "/a/b#c",
            "/%2F%2Fevil.example",
            "/@evil",
        ] {
            assert_eq!(ReturnTo::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for text in [
            "",
            "plans",
            "https://evil.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nSet-Cookie: x=y",
            " //evil.example",
            "javascript:alert(1)",
            "/ü",
            "/a b",
        ] {
            let refused = ReturnTo::parse(text).unwrap_err();
            assert_eq!(refused.place(), Some("return_to"), "{text:?}");
        }
        assert!(ReturnTo::parse(&format!("/{}", "x".repeat(LONGEST))).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_taken_stays_on_the_host_it_is_read_on(text in "[/\\\\a-z:@.?#\t\r\n %0-9]{0,12}") {
            if let Ok(taken) = ReturnTo::parse(&text) {
                let here = Url::parse("https://usher.example.org:8443/api/v1/auth/x").unwrap();
                let there = here.join(taken.as_str()).unwrap();
                prop_assert_eq!(there.origin(), here.origin());
            }
        }
    }
}
