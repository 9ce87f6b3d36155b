//! `spillway schema`: the JSON Schema of an entity, as the Admin API gives it.

use clap::Args;
use config::Kind;

use super::{Failure, print};

pub(crate) const EXAMPLE: &str = "\
Example:
  spillway schema upstream";

/// Of which entity.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// upstream, target, service, route, provider, credential, consumer or client_key
    entity: String,
}

/// Prints the schema.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let wanted = options.entity.as_str();
    let kind = Kind::ALL.into_iter().find(|it| it.name() == wanted || it.plural() == wanted);
    let kind = kind.ok_or_else(|| {
        let known: Vec<_> = Kind::ALL.into_iter().map(Kind::name).collect();
        Failure::Usage(format!("there is no entity `{wanted}`; there are {}", known.join(", ")))
    })?;
    let schema = config::schema(kind).json_schema();
    print(&format!("{schema:#}\n"))
}
