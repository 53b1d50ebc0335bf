//! The real binary, and the one way to compare what it prints with what is written down.

use std::{fs, path::Path, process::Command};

use crate::repo::alone;

/// The binary, about to be run in a folder.
pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(dir: &Path, args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gazette"));
    alone(command.args(args).current_dir(dir));
    command
}

/// Runs the binary in a folder; what it printed, then its complaints, then how it exited.
pub(crate) fn gazette<S: AsRef<std::ffi::OsStr>>(dir: &Path, args: &[S]) -> String {
    run(&mut command(dir, args))
}

/// The same of a command that was changed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().expect("gazette runs");
    let out = String::from_utf8(output.stdout).expect("UTF-8 is printed");
    let err = String::from_utf8(output.stderr).expect("UTF-8 is printed");
    let code = output.status.code().expect("an exit status, not a signal");
    format!("{out}{err}exit {code}\n")
}

/// Whether `actual` is what the file says. With `BLESS=1` the file is made to say it.
pub(crate) fn bless(file: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(file, actual).expect("a writable file");
        return Ok(());
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    Err(format!("== {}\n-- expected\n{expected}\n-- actual\n{actual}", file.display()))
}
