//! The `gazette` program: parse, run, print, exit.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use gazette::{adapters::WayOut, cli::Typed, commands};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let typed = Typed::parse();
    let colour = typed.colour(std::io::stdout().is_terminal());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let result = commands::run(&typed, colour, &mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match result {
        Ok(code) => code,
        Err(error) if commands::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let text = match error.downcast_ref::<WayOut>() {
                Some(WayOut { error, help }) => format!("error: {error}\nhelp: {help}\n"),
                None => format!("error: {error:#}\n"),
            };
            // Where standard error is closed too, the exit status still tells.
            let _ = std::io::stderr().write_all(text.as_bytes());
            ExitCode::from(2)
        }
    }
}
