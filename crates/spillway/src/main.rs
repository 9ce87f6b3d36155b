//! `spillway`: a load balancer for AI models, as a program.
//!
//! It reads arguments, environment and signals, starts what they ask for, and says how that went by its exit code:
//! 0 done, 1 failed, 2 asked for wrongly.

mod cli;

use std::process::ExitCode;

/// Requests are many small pieces of memory of short life: 5 µs of 31 at 32 KiB bodies were the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .expect("main is the first to install a crypto provider");
    cli::run()
}
