//! A greeting for each name, as a plain Rust program: `/names` is the folder of the input set, `/greetings` that of the output.
//!
//!     rustc --target wasm32-wasip1 -O -C strip=debuginfo -o hello.wasm hello.rs
use std::fs;
use std::io::Result;

fn main() -> Result<()> {
    for entry in fs::read_dir("/names")? {
        let entry = entry?;
        let name = fs::read_to_string(entry.path())?;
        let greeting = format!("Hello, {}! Greetings from Rust.\n", name.trim());
        fs::write(format!("/greetings/{}", entry.file_name().to_string_lossy()), greeting)?;
    }
    Ok(())
}
