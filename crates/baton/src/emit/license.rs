//! Licences.

use usher_model::License;

use super::resource_type::{LICENSE, user_type};
use super::text;
use crate::messages::{
    CreationSource, Entitlement, LicenseProfileTrait, Purpose, Resource, ResourceId, pack,
};

/// How many seats there are of a licence; 0 where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seats {
    /// Bought.
    pub purchased: u64,
    /// In use.
    pub consumed: u64,
}

/// A licence as a resource: `license:LICENSE`.
pub fn license(license: &License, seats: Seats) -> Resource {
    let id = ResourceId::new(LICENSE, text::id_part(license.as_str()));
    let name = display_name(license);
    let traits = LicenseProfileTrait {
        license_name: name.to_owned(),
        purchased_seats: i64::try_from(seats.purchased).unwrap_or(i64::MAX),
        consumed_seats: i64::try_from(seats.consumed).unwrap_or(i64::MAX),
        entitlement_ids: vec![format!("{}:assigned", id.external_id())],
        ..LicenseProfileTrait::default()
    };
    Resource {
        id: Some(id),
        display_name: text::name(name),
        annotations: vec![pack(&traits)],
        creation_source: CreationSource::ConnectorList as i32,
        ..Resource::default()
    }
}

/// Having a licence: `license:LICENSE:assigned`. `license` is what [`license()`] made.
pub fn license_entitlement(license: &Resource) -> Entitlement {
    let name = &license.display_name;
    Entitlement {
        id: format!("{}:assigned", license.external_id_text()),
        display_name: text::name(&format!("{name} license assigned")),
        description: text::description(&format!("Has {name} license")),
        grantable_to: vec![user_type()],
        purpose: Purpose::Assignment as i32,
        slug: "assigned".to_owned(),
        resource: Some(license.clone()),
        ..Entitlement::default()
    }
}

fn display_name(license: &License) -> &str {
    match license {
        License::Advanced => "Advanced",
        License::Standard => "Standard",
        License::Basic => "Basic",
        License::Full => "Full",
        License::Occasional => "Occasional",
        License::Free => "Free",
        License::FreeRestricted => "Free Restricted",
        License::FullTrial => "Full (Trial)",
        License::Unknown => "Unknown",
        License::Other(text) => text::id_part(text),
    }
}
