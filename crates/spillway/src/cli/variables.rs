//! Variables that look like ours and are not: a misspelt setting would otherwise be a default that nobody asked for.

use std::env;

use clap::Command;

const PREFIX: &str = "SPILLWAY_";

/// A warning for each `SPILLWAY_…` that is set and read by nobody.
pub(super) fn warnings(command: &Command) -> Vec<String> {
    let known = known(command);
    let mut set: Vec<String> = env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    set.sort();
    let ours = set.iter().filter_map(|it| it.strip_prefix(PREFIX));
    ours.filter(|it| known.iter().all(|known| known != it)).map(|it| warning(it, &known)).collect()
}

/// Every variable that some flag or provider has, without its prefix.
fn known(command: &Command) -> Vec<String> {
    let subcommands = command.get_subcommands();
    let flags = subcommands.flat_map(Command::get_arguments).filter_map(|it| it.get_env()?.to_str());
    let places = gateway::vendors().iter().map(|vendor| config::base_url_variable(vendor.name));
    let all = flags.map(str::to_owned).chain(places);
    all.filter_map(|it| it.strip_prefix(PREFIX).map(str::to_owned)).collect()
}

fn warning(name: &str, known: &[String]) -> String {
    let near = config::nearest(known.iter().map(String::as_str), name);
    let meant = near.map(|it| format!("; did you mean {PREFIX}{it}?")).unwrap_or_default();
    format!(
        "{PREFIX}{name} is set, but no setting is called so{meant} (a credential may still name it as env:{PREFIX}{name})"
    )
}
