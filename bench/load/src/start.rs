//! The signal between the preparations and the run.

use std::io::{BufRead, Write, stdin, stdout};

/// Says that everything is prepared, and waits to be told to begin (a line, or the end of standard input).
pub fn wait() -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "ready")?;
    out.flush()?;
    stdin().lock().read_line(&mut String::new()).map(|_| ())
}
