//! The sections of the configuration, one struct each.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;
use usher_model::Role;
use usher_server::openid_connect::{Issuer, ProviderName};

use super::layers::Layers;
use super::problem::Problem;
use super::setting::{Exposure, Setting, section};
use super::sign_in_values::{Factor, RoleRules, Switch, Unknown, Words};
use super::value::{
    ColorChoice, LogFormat, LogLevel, Networks, NoticeKinds, Optional, Period, Port, ScimLimits,
    Security, SettingValue,
};

section! {
    /// `[miro]`: where Miro is and how to talk to it.
    ["miro"] Miro {
        /// Base address of Miro's REST API.
        rest_url: Url = "https://api.miro.com/", flag "--rest-url";
        /// Base address of Miro's SCIM API.
        scim_url: Url = "https://miro.com/api/v1/scim/", flag "--scim-url";
        /// OAuth access token for the REST API. In usher.toml, name a file with access_token_file instead.
        access_token: Option<SecretString>, flag "--miro-access-token" [secret];
        /// File that holds the REST access token.
        access_token_file: Option<PathBuf>, flag "--miro-access-token-file";
        /// Token for the SCIM API. In usher.toml, name a file with scim_token_file instead.
        scim_token: Option<SecretString>, flag "--miro-scim-access-token" [secret];
        /// File that holds the SCIM token.
        scim_token_file: Option<PathBuf>, flag "--miro-scim-access-token-file";
        /// PEM file of certificate authorities to trust besides the system's.
        ca_file: Option<PathBuf>, flag "--ca-file";
        /// How Miro meters SCIM calls: as one pool of credits, or per kind of call.
        scim_limits: ScimLimits = "shared-pool", flag "--scim-limits";
        /// By how much the windows of the rate limits are shortened. Only for a sandbox that runs at the same scale.
        time_scale: f64 = "1", flag "--time-scale";
        /// How long to wait for one answer.
        timeout: Period = "30s", flag "--timeout";
        /// How often a call that may be repeated is tried again.
        max_retries: u32 = "5", flag "--max-retries";
    }
}

section! {
    /// `[database]`: where the inventory is kept.
    ["database"] Database {
        /// `sqlite://PATH` or `postgres://USER@HOST/NAME`.
        url: String = "sqlite://usher.db", flag "--database";
        /// The password of the PostgreSQL user, where the URL has none. In usher.toml, name a file with password_file instead.
        password: Option<SecretString> [secret];
        /// File that holds the password.
        password_file: Option<PathBuf>;
    }
}

section! {
    /// `[sync]`: how an organization is read, and when a snapshot is believed.
    ["sync"] Sync {
        /// Share of accounts, teams or grants, in per cent, that may vanish between two snapshots before the second is suspect.
        max_shrink_percent: u8 = "20", flag "--max-shrink";
        /// How old an interrupted sync may be to go on where it stopped; 0s starts afresh.
        resume_within: Period = "15m", flag "--resume-within";
        /// Whether the audit log is read, to tell who changed what.
        audit_log: Optional = "auto", flag "--audit-log";
        /// File that every believed sync is also written to, in .c1z format.
        file: Option<PathBuf>, flag "--file";
    }
}

section! {
    /// `[provisioning]`: when cycles run, and when they stop by themselves.
    ["provisioning"] ProvisioningSection {
        /// How often `usher cycle --every` without a time of its own begins a cycle.
        cycle_every: Period = "40m";
        /// How often a cycle reads everything, whatever Miro's audit log says.
        full_pass_every: Period = "1d";
        /// With fewer failures than this a connector never goes into quarantine, but for bad credentials.
        quarantine_failures: u32 = "20";
        /// Share of failed changes, in per cent, above which a connector goes into quarantine.
        quarantine_percent: u8 = "40";
    }
}

section! {
    /// `[notify]`: who is told when something needs them.
    ["notify"] Notify {
        /// What people are told of: all, none, or some of cycle_failed, plan_awaiting_approval, quarantined, released, suspect_source, with commas between them.
        kinds: NoticeKinds = "all";
        /// The SMTP server that sends e-mail; without it none is sent.
        smtp_host: Option<String>;
        /// Its port; by default 587 with starttls, 465 with tls, 25 in the clear.
        smtp_port: Option<Port>;
        /// How the connection is secured. In the clear only to this machine.
        smtp_security: Security = "starttls";
        /// The name to sign in with at the SMTP server, if it wants one.
        smtp_user: Option<String>;
        /// The password to that name. In usher.toml, name a file with smtp_password_file instead.
        smtp_password: Option<SecretString> [secret];
        /// File that holds the password.
        smtp_password_file: Option<PathBuf>;
        /// The sender: an address, or `Name <address>`.
        email_from: Option<String>;
        /// The recipients, with commas between them.
        email_to: Option<String>;
        /// Address that signed webhooks are sent to. It may hold a secret, so in usher.toml, name a file with webhook_url_file instead.
        webhook_url: Option<SecretString> [secret];
        /// File that holds the webhook's address.
        webhook_url_file: Option<PathBuf>;
        /// What webhooks are signed with: `whsec_…`. In usher.toml, name a file with webhook_secret_file instead.
        webhook_secret: Option<SecretString> [secret];
        /// File that holds the signing secret.
        webhook_secret_file: Option<PathBuf>;
        /// PEM file of certificate authorities to trust besides the system's.
        ca_file: Option<PathBuf>;
    }
}

section! {
    /// `[server]`: how `usher serve` is reached.
    ["server"] ServerSection {
        /// Where it listens.
        listen: SocketAddr = "127.0.0.1:8080", flag "--listen";
        /// How browsers and identity providers reach it, where that is not the address it listens on: behind a proxy, say.
        public_url: Option<Url>, flag "--public-url";
        /// PEM file of its certificate chain. Without one it speaks plain HTTP, as behind a proxy.
        tls_certificate: Option<PathBuf>, flag "--tls-certificate";
        /// PEM file of the private key to it.
        tls_key: Option<PathBuf>, flag "--tls-key";
        /// How long a request may take.
        request_timeout: Period = "30s";
        /// The addresses of proxies in front of it, or the networks they are in, with commas between them. What they say of where a request comes from is believed.
        trusted_proxies: Option<Networks>;
        /// How long a session of an administrator lasts without a request.
        session_idle: Period = "30m";
        /// How long a session of an administrator lasts in any case.
        session_length: Period = "12h";
        /// How long a stop waits for requests under way.
        stop_patience: Period = "20s";
    }
}

section! {
    /// `[sign_in]`: how administrators sign in at `usher serve`.
    ["sign_in"] SignIn {
        /// Whether administrators may sign in with a password. With off, only identity providers let anybody in.
        passwords: Switch = "on";
    }
}

section! {
    /// `[[sign_in.openid_connect]]`: an identity provider at which administrators sign in. A table for each.
    ["sign_in.openid_connect"] OpenIdConnect {
        /// What it is called in addresses. Needed.
        name: Option<ProviderName>;
        /// What people read where they choose it; without it, the name.
        title: Option<String>;
        /// Its issuer identifier. Needed.
        issuer: Option<Issuer>;
        /// The name that the provider gave Usher. Needed.
        client_id: Option<String>;
        /// File that holds the client secret. It is read each time, so that a new secret counts at once. Without a secret, PKCE alone protects the sign-in.
        client_secret_file: Option<PathBuf>;
        /// Environment variable that holds the client secret. Its name does not begin with USHER_.
        client_secret_variable: Option<String>;
        /// What Usher asks for. Some providers send groups only if `groups` is among it.
        scopes: Words = "openid, profile, email";
        /// The claim with the e-mail address.
        email_claim: String = "email";
        /// The claim that says that the provider has made sure whose the e-mail address is.
        email_verified_claim: String = "email_verified";
        /// The claim with the name.
        name_claim: String = "name";
        /// The claim with the groups. `a.b` is `b` within `a`.
        groups_claim: String = "groups";
        /// Which groups mean which role; of several, the highest counts. Without it, roles are given in Usher.
        roles: Option<RoleRules>;
        /// The role of whoever is in none of these groups; without it, they are refused. Where there is no table of roles, it is the first role of whoever is added.
        default_role: Option<Role>;
        /// The domains of e-mail addresses that are let in; without it, all.
        domains: Option<Words>;
        /// What becomes of people whom Usher does not know: they are refused, or added at their first sign-in.
        unknown_people: Unknown = "refuse";
        /// Who sees to a second factor: Usher asks whoever has added one for its code, or the provider sees to it, or the provider's claims amr and acr have to show it, and Usher asks where they do not.
        second_factor: Factor = "usher";
        /// The values of amr or acr that show a second factor, with second_factor = "claims".
        second_factor_values: Words = "mfa";
        /// PEM file of certificate authorities to trust besides the system's.
        ca_file: Option<PathBuf>;
        /// How long to wait for one answer of the provider.
        timeout: Period = "10s";
    }
}

section! {
    /// `[jobs]`: how `usher serve` does what is due: syncs, cycles, readings of sources.
    ["jobs"] Jobs {
        /// How many jobs one `usher serve` does side by side; 0: none, it only answers requests.
        at_once: u32 = "4";
        /// How long a job stays with a process that shows no sign of life, before another one takes it over.
        lease: Period = "60s";
        /// How often it looks for what other processes asked for.
        poll: Period = "5s";
    }
}

section! {
    /// `[secrets]`: the key that stored secrets are encrypted with. It is never in the database.
    ["secrets"] Secrets {
        /// File that holds the keys: a line `VERSION:KEY` for each, readable by its owner only. `usher secrets init` makes it.
        key_file: Option<PathBuf>;
        /// The keys themselves, as in the file, with commas between them. Not in usher.toml.
        keys: Option<SecretString> [secret];
        /// A program that prints the keys as in the file: a client of a key store, say. Its arguments follow with spaces between them.
        key_command: Option<String>;
    }
}

section! {
    /// `[output]`: how results look.
    ["output"] Output {
        /// When output is coloured. With auto: on a terminal, unless NO_COLOR is set.
        color: ColorChoice = "auto", flag "--color";
    }
}

section! {
    /// `[log]`: what is written to standard error besides progress.
    ["log"] Log {
        /// How much is logged.
        level: LogLevel = "warn", flag "--log-level";
        /// How the log is written.
        format: LogFormat = "console", flag "--log-format";
    }
}

section! {
    /// `[traces]`: what is sent to a collector of OpenTelemetry traces.
    ["traces"] Traces {
        /// Base address of a collector that takes OTLP over HTTP, such as http://collector:4318/; without one nothing is sent.
        endpoint: Option<Url>;
    }
}

/// Every setting of every section, in order.
pub fn all_settings() -> impl Iterator<Item = &'static Setting> {
    [
        Miro::SETTINGS,
        Database::SETTINGS,
        Sync::SETTINGS,
        ProvisioningSection::SETTINGS,
        Notify::SETTINGS,
        ServerSection::SETTINGS,
        SignIn::SETTINGS,
        Jobs::SETTINGS,
        Secrets::SETTINGS,
        Output::SETTINGS,
        Log::SETTINGS,
        Traces::SETTINGS,
    ]
    .into_iter()
    .flatten()
}

/// The settings of each table in the list of identity providers.
pub fn listed_settings() -> impl Iterator<Item = &'static Setting> {
    OpenIdConnect::SETTINGS.iter()
}

/// The key of the list of identity providers.
pub const PROVIDERS: &str = "sign_in.openid_connect";

/// The setting with this key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    all_settings()
        .chain(listed_settings())
        .find(|setting| setting.key == key)
}
