//! The two pages that one-time links lead to: setting Usher up, and setting a password. Everything they do goes through the
//! API.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use crate::Server;

/// The pages.
pub fn routes() -> Router<Server> {
    Router::new()
        .route("/set-up", get(set_up))
        .route("/invitation", get(invitation))
}

async fn set_up() -> impl IntoResponse {
    page(
        "Set Usher up",
        "You will be its first Super Administrator.",
        "auth/set-up",
        WHO,
    )
}

async fn invitation() -> impl IntoResponse {
    page(
        "Set your password",
        "Sessions that you had end with that.",
        "auth/accept-invitation",
        "",
    )
}

fn page(title: &str, text: &str, operation: &str, fields: &str) -> impl IntoResponse + use<> {
    let script = SCRIPT.replace("OPERATION", operation);
    let hash = BASE64.encode(&Sha256::digest(script.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; connect-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1><p>{text}</p><form>{fields}{PASSWORD}\
         <button>{title}</button></form><p role=\"status\"></p>\
         <noscript><p>This page needs JavaScript. The guide to running a server says how to do the same with curl.</p></noscript>\
         </main><script>{script}</script></html>"
    );
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Html(html))
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:26rem;padding:1rem}\
label,input,button{display:block;width:100%;box-sizing:border-box}input,button{font:inherit;padding:.4rem;margin:.2rem 0 1rem}\
:root{color-scheme:light dark}";

const WHO: &str = "<label for=\"email\">E-mail address</label>\
<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required>\
<label for=\"name\">Name</label><input id=\"name\" name=\"name\" autocomplete=\"name\" required>";

const PASSWORD: &str = "<label for=\"password\">Password, of at least 12 characters</label>\
<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"12\" required>";

/// The token stands behind `#`: it is in no request but the one that uses it.
const SCRIPT: &str = "\
const form = document.querySelector('form'), says = document.querySelector('[role=status]');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = Object.fromEntries(new FormData(form));
  body.token = location.hash.slice(1);
  const answer = await fetch('api/v1/OPERATION', {
    method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body),
  });
  if (answer.ok) { form.hidden = true; history.replaceState(null, '', location.pathname); }
  const said = answer.ok ? {} : await answer.json();
  says.textContent = answer.ok ? 'Done. You can sign in now.' : [said.detail, said.hint].filter(Boolean).join('. ');
});
";
