//! Puts a page in place of the dashboard where nobody has built it, so that plain `cargo build` needs no Node.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/dist");
    let index = dist.join("index.html");
    if !index.exists() {
        fs::create_dir_all(&dist)?;
        fs::write(&index, include_str!("src/admin/ui/stub.html"))?;
    }
    println!("cargo::rerun-if-changed=src/admin/ui/stub.html");
    // A debug build reads the files when they are asked for; only an optimised one holds them.
    if env::var("PROFILE").is_ok_and(|it| it == "release") {
        println!("cargo::rerun-if-changed={}", dist.display());
    }
    Ok(())
}
