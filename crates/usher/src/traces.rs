//! Traces for a collector of OpenTelemetry: requests and jobs as spans, by OTLP over HTTP.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use crate::config::sections;
use crate::failure::Failure;

/// What is sent, if anything is.
#[derive(Debug, Default)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Sends to the collector that is configured. Nothing is sent yet, and one that is away is logged when it is.
    pub fn configured(settings: &sections::Traces) -> Result<Self, Failure> {
        let Some(endpoint) = &settings.endpoint else {
            return Ok(Self::default());
        };
        let unusable = |error: String| {
            Failure::usage(format!("traces cannot be sent to {endpoint}: {error}"))
                .hint("traces.endpoint is the base address of a collector, such as http://collector:4318/")
        };
        let address = endpoint
            .join("v1/traces")
            .map_err(|error| unusable(error.to_string()))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(address.to_string())
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name("usher").build())
            .build();
        Ok(Self(Some(provider)))
    }

    /// What takes spans from the log.
    pub fn layer<S>(&self) -> Option<OpenTelemetryLayer<S, Tracer>>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer = self.0.as_ref()?.tracer("usher");
        Some(tracing_opentelemetry::layer().with_tracer(tracer))
    }

    /// Sends what is left.
    pub fn end(&self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(error = %error, "the last traces could not be sent");
        }
    }
}
