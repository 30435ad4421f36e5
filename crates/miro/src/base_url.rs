//! Base addresses, and the addresses of calls under them.

use url::Url;
use usher_model::is_loopback;

use crate::route::Route;
use crate::{ErrorKind, MiroError};

/// A base address that has been checked. Calls are put together from it and ids alone: addresses that Miro
/// sends (`meta.location`) are not followed, because some show internal hosts.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl(Url);

/// What is sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// A token, a signature or what else nobody on the way may read: in the clear only to this machine.
    Secrets,
    /// Nothing that is secret.
    NothingSecret,
}

impl BaseUrl {
    /// Checks a base address that tokens are sent to. `setting` is what the user calls it.
    pub fn new(url: &Url, setting: &str) -> Result<Self, MiroError> {
        Self::carrying(Carries::Secrets, url, setting)
    }

    /// Checks a base address. `setting` is what the user calls it.
    pub fn carrying(carries: Carries, url: &Url, setting: &str) -> Result<Self, MiroError> {
        let refuse = |why: &str| {
            Err(MiroError::new(
                ErrorKind::Settings,
                format!("{setting} {}: {why}", shown(url)),
            ))
        };
        let Some(host) = url.host_str() else {
            return refuse("an address needs a host");
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(host) || carries == Carries::NothingSecret => {}
            "http" => {
                return refuse("http:// would send the token in the clear; use https://");
            }
            _ => return refuse("an address begins with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("an address must not hold a user name or password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("a base address has no query and no fragment");
        }
        Ok(Self(url.clone()))
    }

    /// Whether the host is this machine, so that no proxy can be meant.
    pub fn is_loopback(&self) -> bool {
        self.0.host_str().is_some_and(is_loopback)
    }

    /// The address of a call: the base, with or without a slash at its end, and the route's path with `ids` in
    /// the places of its `{…}`. An empty id is refused: it would address the whole list.
    pub fn join(&self, route: &Route, ids: &[&str]) -> Result<Url, MiroError> {
        let refuse =
            |why: &str| MiroError::new(ErrorKind::Invalid, why).on_route(route.name, route.scopes);
        let mut url = self.0.clone();
        let mut ids = ids.iter();
        let mut segments = url
            .path_segments_mut()
            .map_err(|()| refuse("the base has no path"))?;
        segments.pop_if_empty();
        for segment in route.segments() {
            if !segment.starts_with('{') {
                segments.push(segment);
                continue;
            }
            // `.` and `..` would be taken for steps in the path.
            match ids.next() {
                Some(id) if !matches!(*id, "" | "." | "..") => segments.push(id),
                _ => return Err(refuse("an id in the path is empty")),
            };
        }
        drop(segments);
        Ok(url)
    }
}

/// The address without what may be secret in it.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // These fail on addresses without a host, which hold no secrets.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route;

    fn base(text: &str) -> Result<BaseUrl, MiroError> {
        BaseUrl::new(&Url::parse(text).unwrap(), "scim_url")
    }

    #[test]
    fn a_base_works_with_and_without_a_slash_at_its_end() {
        for text in [
            "https://miro.com/api/v1/scim",
            "https://miro.com/api/v1/scim/",
        ] {
            let url = base(text)
                .unwrap()
                .join(&route::SCIM_GET_USER, &["1"])
                .unwrap();
            assert_eq!(url.as_str(), "https://miro.com/api/v1/scim/Users/1");
        }
        let url = base("https://api.miro.com").unwrap();
        let url = url.join(&route::GET_TEAM, &["7", "8"]).unwrap();
        assert_eq!(url.as_str(), "https://api.miro.com/v2/orgs/7/teams/8");
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for text in [
            "http://127.0.0.1:8080/",
            "http://localhost/scim",
            "http://[::1]:9/",
        ] {
            assert!(base(text).is_ok(), "{text}");
        }
        for text in [
            "http://miro.localhost/",
            "http://miro.com/",
            "http://localhost.example.com/",
            "ftp://miro.com/",
            "http://10.0.0.1/",
        ] {
            let error = base(text).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Settings);
            assert!(error.to_string().contains("https://"), "{error}");
        }
    }

    #[test]
    fn a_base_with_credentials_is_refused_without_showing_them() {
        let error = base("https://user:canary@miro.com/?token=canary").unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }

    #[test]
    fn ids_are_escaped_and_never_empty() {
        let base = base("https://miro.com/scim").unwrap();
        let url = base.join(&route::SCIM_GET_USER, &["a/../b?c#d"]).unwrap();
        assert_eq!(
            url.as_str(),
            "https://miro.com/scim/Users/a%2F..%2Fb%3Fc%23d"
        );
        for id in ["", ".", ".."] {
            assert!(
                base.join(&route::SCIM_DELETE_USER, &[id]).is_err(),
                "{id:?}"
            );
        }
        assert!(base.join(&route::SCIM_DELETE_USER, &[]).is_err());
    }
}
