//! What all pages have in common.

mod escape;

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::{Html, IntoResponse as _, Response};
use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

pub use escape::escape;

/// A page that loads nothing from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    /// Its heading.
    pub title: &'a str,
    /// What stands below it, as HTML.
    pub body: &'a str,
    /// The script that runs in it; empty: none.
    pub script: &'a str,
}

impl Plain<'_> {
    /// As an answer that may do nothing else than what it is there for.
    pub fn into_answer(self) -> Response {
        let Self {
            title,
            body,
            script,
        } = self;
        let may = if script.is_empty() {
            String::new()
        } else {
            let hash = BASE64.encode(&Sha256::digest(script.as_bytes()));
            format!("script-src 'sha256-{hash}'; connect-src 'self'; ")
        };
        let policy = format!(
            "default-src 'none'; {may}style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        );
        let script = if script.is_empty() {
            String::new()
        } else {
            format!("<script>{script}</script>")
        };
        let title = escape(title);
        let html = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1>{body}</main>{script}</html>"
        );
        let headers = [
            (CONTENT_SECURITY_POLICY, policy),
            (CACHE_CONTROL, "no-store".to_owned()),
        ];
        (headers, Html(html)).into_response()
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:26rem;padding:1rem}\
label,input,button{display:block;width:100%;box-sizing:border-box}input,button{font:inherit;padding:.4rem;margin:.2rem 0 1rem}\
:root{color-scheme:light dark}";
