//! Writes messages of HTTP/2 as bytes, which is how the fuzz targets take them: compile_frames FROM TO turns every
//! `FROM/NAME.frames` into `TO/NAME`. Needs no crate, so `rustc` alone builds it.

#[path = "../crates/app/tests/it/corpus/frames.rs"]
mod frames;
#[path = "../crates/app/tests/it/corpus/words.rs"]
mod words;

use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let mut folders = env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to)) = (folders.next(), folders.next()) else {
        return Err(io::Error::other("usage: compile_frames FROM TO"));
    };
    fs::create_dir_all(&to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let bytes = frames::pieces(&fs::read_to_string(&path)?).concat();
        fs::write(to.join(path.file_stem().unwrap_or_default()), bytes)?;
    }
    Ok(())
}
