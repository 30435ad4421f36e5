//! One JSON object per line: the organization first, then teams, user groups, accounts, grants.

use std::io::{BufWriter, Write};

use futures::TryStreamExt;
use serde::Serialize;
use serde_json::json;
use tempfile::NamedTempFile;
use usher_store::{Rows, Store};

use super::{ExportRequest, Exported, folder_of, inventory, write_error};
use crate::EngineError;

pub async fn write(store: &Store, request: &ExportRequest<'_>) -> Result<Exported, EngineError> {
    let file = NamedTempFile::new_in(folder_of(request.path)).map_err(write_error(request.path))?;
    let mut lines = Lines {
        out: BufWriter::new(file),
        request,
    };
    lines.header(store).await?;
    let exported = Exported {
        teams: lines.all("team", inventory::teams(store, request)).await?,
        user_groups: lines
            .all("user_group", inventory::user_groups(store, request))
            .await?,
        accounts: lines
            .all("account", inventory::accounts(store, request))
            .await?,
        entitlements: lines
            .all("entitlement", inventory::entitlements(store, request))
            .await?,
        grants: lines
            .all("grant", inventory::grants(store, request))
            .await?,
    };
    let file = lines
        .out
        .into_inner()
        .map_err(|error| write_error(request.path)(error.into_error()))?;
    file.as_file()
        .sync_all()
        .map_err(write_error(request.path))?;
    file.persist(request.path)
        .map_err(|error| write_error(request.path)(error.error))?;
    Ok(exported)
}

struct Lines<'a> {
    out: BufWriter<NamedTempFile>,
    request: &'a ExportRequest<'a>,
}

impl Lines<'_> {
    async fn header(&mut self, store: &Store) -> Result<(), EngineError> {
        let organization = store.organization(self.request.organization).await?;
        let now = self.request.clock.now();
        let as_of = self.request.as_of.unwrap_or(now);
        self.line(
            "organization",
            &json!({"organization": organization, "as_of": as_of, "exported_at": now}),
        )
    }

    async fn all<T: Serialize>(
        &mut self,
        kind: &str,
        mut rows: Rows<T>,
    ) -> Result<u64, EngineError> {
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            self.line(kind, &row)?;
            count += 1;
        }
        Ok(count)
    }

    fn line(&mut self, kind: &str, row: &impl Serialize) -> Result<(), EngineError> {
        #[derive(Serialize)]
        struct Line<'a, T> {
            r#type: &'a str,
            #[serde(flatten)]
            row: &'a T,
        }
        let path = self.request.path;
        serde_json::to_writer(&mut self.out, &Line { r#type: kind, row })
            .map_err(write_error(path))?;
        self.out.write_all(b"\n").map_err(write_error(path))
    }
}
