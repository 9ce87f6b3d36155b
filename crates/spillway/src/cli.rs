//! The command line: what can be asked for, and how each is told whether it worked.

mod client;
mod demo;
mod options;
mod schema;
mod serve;
mod status;
mod table;
mod variables;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};

use options::{AdminOptions, ServeOptions};

/// A load balancer for AI models: one OpenAI- and Anthropic-compatible address in front of many vendors, keys and
/// models.
#[derive(Debug, Parser)]
#[command(name = "spillway", version, arg_required_else_help = true, after_help = EXAMPLE)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLE: &str = "\
Example:
  OPENAI_API_KEY=sk-... spillway serve
  curl http://localhost:8000/v1/chat/completions -H 'content-type: application/json' \\
    -d '{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'

  spillway demo        no key at hand: simulated vendors, with trouble to watch";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the AI API and the Admin API until SIGTERM or Ctrl-C
    #[command(after_help = serve::after_help())]
    Serve(Box<ServeOptions>),
    /// Show a running server's upstreams, targets and credentials, and why they are in or out
    #[command(after_help = status::EXAMPLE)]
    Status(AdminOptions),
    /// Show a running server before three simulated vendors with visible trouble
    #[command(after_help = demo::EXAMPLE)]
    Demo(demo::Options),
    /// Print the JSON Schema of an entity
    #[command(after_help = schema::EXAMPLE)]
    Schema(schema::Options),
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
enum Failure {
    /// It was asked for wrongly: exit code 2.
    Usage(String),
    /// It did not work: exit code 1.
    Failed(String),
}

/// A warning for each variable that looks like a setting and is none.
fn stray_variables() -> Vec<String> {
    variables::warnings(&Arguments::command())
}

/// Everything, from the arguments to the exit code.
pub(crate) fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return told(&error),
    };
    let result = match arguments.command {
        Command::Serve(options) => serve::run(&options),
        Command::Status(options) => status::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Schema(options) => schema::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(message)) => complain(&message, 1),
        Err(Failure::Usage(message)) => complain(&message, 2),
    }
}

/// Help and version are answers and go to stdout; errors of usage go to stderr.
fn told(error: &clap::Error) -> ExitCode {
    // Nobody to read it is no failure of ours.
    let _ = error.print();
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn complain(message: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::from(code)
}

/// Prints an answer. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("cannot write the answer: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_command_shows_an_example() {
        let mut command = Arguments::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands_mut() {
            let name = sub.get_name().to_owned();
            assert!(sub.render_long_help().to_string().contains("Example"), "{name} has no example");
        }
    }
}
