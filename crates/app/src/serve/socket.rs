//! The socket in the data directory: the API for the user of this machine, without a token. Whoever may open the file
//! could read the store beside it as well.

use anyhow::Context;
use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::Path,
};

/// The name of the socket in the data directory.
pub const SOCKET: &str = "bellwether.sock";

/// Binds the socket for its owner alone, not blocking. One left behind by a crash is replaced: the store's lock already
/// says that no other server uses the directory.
///
/// # Errors
/// When the path is too long for a socket, or the directory may not be written.
pub fn bind(data_dir: &Path) -> anyhow::Result<UnixListener> {
    let path = data_dir.join(SOCKET);
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path).with_context(|| format!("cannot bind {}", path.display()))?;
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
