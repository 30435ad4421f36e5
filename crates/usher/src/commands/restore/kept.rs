//! The tokens that work after a restore: which of them were revoked since the backup, it cannot say.

use serde::Serialize;
use usher_model::{SourceName, Timestamp};
use usher_store::{SourceTokenState, Store, TokenFilter};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{humanize, note};

/// A token that works.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kept {
    /// An API token.
    ApiToken {
        /// Its id.
        id: String,
        /// Whose: an e-mail address, or the name of a service account.
        of: String,
        /// What it is for.
        name: String,
        /// When it was made.
        created_at: Timestamp,
    },
    /// A token with which an identity provider pushes.
    SourceToken {
        /// Its id.
        id: String,
        /// The source.
        source: SourceName,
        /// When it was made.
        created_at: Timestamp,
    },
}

impl Kept {
    fn words(&self) -> String {
        match self {
            Self::ApiToken {
                id,
                of,
                name,
                created_at,
            } => {
                let made = humanize::exact(*created_at);
                format!("API token {id} of {of}, \"{name}\", made {made}")
            }
            Self::SourceToken {
                id,
                source,
                created_at,
            } => {
                let made = humanize::exact(*created_at);
                format!("token {id} of source {source}, made {made}")
            }
        }
    }
}

/// Every token that works now.
pub async fn tokens(store: &Store, now: Timestamp) -> Result<Vec<Kept>, Failure> {
    let mut kept = Vec::new();
    for token in store.tokens(&TokenFilter::default()).await? {
        let is_over = token.expires_at.is_some_and(|end| end <= now);
        if is_over || token.revoked_at.is_some() {
            continue;
        }
        let of = store.administrator(&token.administrator).await?;
        let of = of.map(|of| of.email.unwrap_or(of.name));
        kept.push(Kept::ApiToken {
            id: token.id.to_string(),
            of: of.unwrap_or_else(|| token.administrator.to_string()),
            name: token.name,
            created_at: token.created_at,
        });
    }
    for source in store.sources().await? {
        let tokens = store.source_tokens(&source.definition.name).await?;
        let valid = tokens
            .into_iter()
            .filter(|token| token.state(now) == SourceTokenState::Valid);
        kept.extend(valid.map(|token| Kept::SourceToken {
            id: token.id,
            source: token.source,
            created_at: token.created_at,
        }));
    }
    Ok(kept)
}

/// Lists them.
pub fn show(kept: &[Kept], context: &Context) -> Result<(), Failure> {
    for token in kept {
        context.output.line(format!("  {}", token.words()))?;
    }
    context.output.flush()?;
    if !kept.is_empty() {
        note(
            "these tokens work, also those that were revoked after the backup was made: revoke them again, or restore with --revoke-tokens",
        );
    }
    Ok(())
}
