//! What went wrong with a directory server, in words.

#[cfg(test)]
use std::error::Error;
use std::sync::PoisonError;

use ldap3::{LdapError, LdapResult};
use rustls::CertificateError;

use super::settings::LdapSettings;
use super::trust::{self, Shown};
use crate::{DirectoryError, ErrorKind};

/// A connection that could not be made.
pub(super) fn connecting(
    settings: &LdapSettings,
    shown: &Shown,
    error: LdapError,
) -> DirectoryError {
    let url = &settings.url;
    if let Some(tls) = tls_error(&error) {
        return untrusted(settings, shown, &tls.clone()).caused_by(error);
    }
    match error {
        LdapError::Timeout { .. } => DirectoryError::new(
            ErrorKind::Unreachable,
            format!("{url} did not answer within {} s", settings.connect_seconds),
        )
        .with_hint("check the address, the port and firewalls between"),
        LdapError::LdapResult { result } => refused(&format!("StartTLS at {url}"), &result)
            .with_hint("the server may have no certificate; use ldaps:// if it has that, or set up TLS there"),
        error => DirectoryError::new(ErrorKind::Unreachable, format!("{url} cannot be reached"))
            .caused_by(error)
            .with_hint("check the address, the port and that the server runs"),
    }
}

/// A conversation that broke off.
pub(super) fn talking(settings: &LdapSettings, doing: &str, error: LdapError) -> DirectoryError {
    let url = &settings.url;
    match error {
        LdapError::Timeout { .. } => DirectoryError::new(
            ErrorKind::Unreachable,
            format!(
                "{doing}: {url} did not answer within {} s",
                settings.answer_seconds
            ),
        )
        .with_hint("raise `answer_seconds`, or ask for less with `filter`"),
        LdapError::LdapResult { result } => refused(doing, &result),
        error => DirectoryError::new(
            ErrorKind::Unreachable,
            format!("{doing}: the connection to {url} broke off"),
        )
        .caused_by(error)
        .with_hint("try again; if it stays so, look into the server's log"),
    }
}

/// The TLS error within an error, wherever it hides.
fn tls_error(error: &LdapError) -> Option<&rustls::Error> {
    if let LdapError::Rustls { source } = error {
        return Some(source);
    }
    let LdapError::Io { source } = error else {
        return None;
    };
    source.get_ref()?.downcast_ref::<rustls::Error>()
}

fn untrusted(settings: &LdapSettings, shown: &Shown, error: &rustls::Error) -> DirectoryError {
    let url = &settings.url;
    let print = shown
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .map(trust::shown);
    let print = print
        .map(|print| format!("; its SHA-256 fingerprint is {print}"))
        .unwrap_or_default();
    let (why, hint) = reason(error);
    DirectoryError::new(
        ErrorKind::Untrusted,
        format!("the certificate of {url} {why}{print}"),
    )
    .with_hint(hint)
}

fn reason(error: &rustls::Error) -> (String, &'static str) {
    const PIN: &str = "compare the fingerprint on the server itself, then put it into `certificate_sha256`; better give the server a certificate of an authority";
    let rustls::Error::InvalidCertificate(why) = error else {
        return (
            format!("could not be checked ({error})"),
            "check that the port speaks TLS: ldaps:// is for port 636, ldap:// with StartTLS for 389",
        );
    };
    match why {
        CertificateError::UnknownIssuer => (
            "comes from an authority that is not trusted here".to_owned(),
            "name the authority's certificate in `ca_file`, or compare the fingerprint on the server itself and put it into `certificate_sha256`",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "is for another name".to_owned(),
            "use a name in `url` that stands in the certificate",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("has expired".to_owned(), "renew the server's certificate")
        }
        CertificateError::ApplicationVerificationFailure => (
            "is none of those in `certificate_sha256`".to_owned(),
            "if the certificate was renewed, compare the new fingerprint on the server itself and put it in",
        ),
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => (
            "is that of an authority (self-signed, CA:TRUE), which must not be a server's"
                .to_owned(),
            PIN,
        ),
        other => (format!("is not accepted ({other})"), PIN),
    }
}

/// An operation that the server refused.
pub(super) fn refused(doing: &str, result: &LdapResult) -> DirectoryError {
    let text = result.text.trim_end_matches('\0').trim();
    let (kind, why, hint) = code(result);
    let said = if text.is_empty() {
        String::new()
    } else {
        format!(" ({text})")
    };
    DirectoryError::new(kind, format!("{doing}: {why}{said}")).with_hint(hint)
}

fn code(result: &LdapResult) -> (ErrorKind, String, String) {
    let known = |kind, why: &str, hint: &str| (kind, why.to_owned(), hint.to_owned());
    match result.rc {
        49 => known(
            ErrorKind::BadCredentials,
            bad_bind(&result.text),
            "check `bind_dn` and the password it belongs to",
        ),
        8 => known(
            ErrorKind::Forbidden,
            "the server wants a stronger sign-in",
            "use ldaps:// or `encryption = \"start_tls\"`",
        ),
        13 => known(
            ErrorKind::Forbidden,
            "the server wants an encrypted connection",
            "use ldaps:// or `encryption = \"start_tls\"`",
        ),
        1 if result.text.contains("bind") => known(
            ErrorKind::Forbidden,
            "the server does not talk to strangers",
            "set `bind_dn` and `password`",
        ),
        50 => known(
            ErrorKind::Forbidden,
            "the account has no right to read this",
            "give the account of `bind_dn` the right to read people and groups",
        ),
        48 => known(
            ErrorKind::Forbidden,
            "the server does not allow this way to sign in",
            "set `bind_dn` and `password`",
        ),
        32 => (
            ErrorKind::Settings,
            "there is no such entry".to_owned(),
            if result.matched.is_empty() {
                "check `base`".to_owned()
            } else {
                format!("check `base`; `{}` is there", result.matched)
            },
        ),
        4 => known(
            ErrorKind::TooMuch,
            "the server gives no more entries and does not page them",
            "raise the server's size limit for this account, or allow it to page; nothing of a list that is cut off is used",
        ),
        11 => known(
            ErrorKind::TooMuch,
            "the search exceeds a limit of the server",
            "lower `page_size`, or raise the server's limits for this account",
        ),
        3 => known(
            ErrorKind::TooMuch,
            "the search takes longer than the server allows",
            "ask for less with `filter`, have the attributes in it indexed, or raise the limit",
        ),
        12 => known(
            ErrorKind::Server,
            "the server does not support something that the search needs",
            "look into the server's log",
        ),
        51 | 52 => known(
            ErrorKind::Unreachable,
            "the server is busy or down",
            "try again later",
        ),
        2 => known(
            ErrorKind::Server,
            "the server did not understand",
            "check that `url` leads to an LDAP server",
        ),
        34 => known(
            ErrorKind::Settings,
            "a distinguished name is malformed",
            "check `base` and `bind_dn`",
        ),
        rc => (
            ErrorKind::Server,
            format!("result code {rc}"),
            "look the code up in RFC 4511, appendix A, and look into the server's log".to_owned(),
        ),
    }
}

/// What Active Directory means by the number in its text.
fn bad_bind(text: &str) -> &'static str {
    let meanings = [
        ("data 525", "there is no such account"),
        ("data 52e", "the password is wrong"),
        ("data 530", "the account may not sign in at this time"),
        ("data 531", "the account may not sign in from here"),
        ("data 532", "the password has expired"),
        ("data 533", "the account is disabled"),
        ("data 701", "the account has expired"),
        ("data 773", "the password must be changed first"),
        ("data 775", "the account is locked"),
    ];
    meanings
        .iter()
        .find(|(number, _)| text.contains(number))
        .map_or("the name or the password is wrong", |(_, meaning)| meaning)
}

/// An error with all its causes, for a log.
#[cfg(test)]
pub(super) fn chain(error: &dyn Error) -> String {
    let source = error.source().map(|source| format!(": {}", chain(source)));
    format!("{error}{}", source.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32, text: &str) -> LdapResult {
        LdapResult {
            rc,
            matched: String::new(),
            text: text.to_owned(),
            refs: Vec::new(),
            ctrls: Vec::new(),
        }
    }

    #[test]
    fn active_directorys_numbers_are_told_in_words() {
        let text = "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 533, v3839\0";
        let error = refused("signing in", &result(49, text));
        assert_eq!(error.kind(), ErrorKind::BadCredentials);
        assert!(
            error
                .to_string()
                .starts_with("signing in: the account is disabled (8009"),
            "{error}"
        );
        assert!(!error.to_string().contains('\0'));
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        for rc in [1, 2, 3, 4, 8, 11, 13, 32, 34, 48, 49, 50, 51, 52, 53, 80] {
            let error = refused("reading people", &result(rc, ""));
            assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{rc}");
            assert!(chain(&error).starts_with("reading people: "), "{error}");
        }
    }
}
