//! The Unix socket: bound so that nobody but its owner ever could connect, removed in the end.

use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream as Probe;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use crate::error::EvidenceError;

/// A listening socket. Its path is removed when this is dropped.
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens at `path`, in place of a socket that nobody listens on any more. Needs a runtime around it.
    pub fn bind(path: &Path) -> Result<Self, EvidenceError> {
        refuse_what_is_not_ours(path)?;
        // Bound in a directory that only this user can enter, and moved once its mode is right: there is no moment in
        // which anybody else could connect, whatever the umask is.
        let private = private_directory(path)?;
        let bound = bind_and_move(&private.join("s"), path);
        // It is empty if all went well; what is left over does no harm.
        let _ = fs::remove_dir_all(&private);
        Ok(Self {
            listener: bound?,
            path: path.to_owned(),
        })
    }

    /// The next connection.
    pub async fn accept(&self) -> std::io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Nobody is left to be told, and the next start replaces it.
        let _ = fs::remove_file(&self.path);
    }
}

fn refuse_what_is_not_ours(path: &Path) -> Result<(), EvidenceError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(EvidenceError::file(path)(error)),
        Ok(found) if !found.file_type().is_socket() => {
            Err(EvidenceError::NotASocket(path.to_owned()))
        }
        Ok(_) => match Probe::connect(path) {
            Ok(_) => Err(EvidenceError::InUse(path.to_owned())),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
            Err(error) => Err(EvidenceError::file(path)(error)),
        },
    }
}

/// Beside the socket, because only within one file system is moving one step.
fn private_directory(socket: &Path) -> Result<PathBuf, EvidenceError> {
    // Short: a socket's path may have some hundred bytes.
    let private = socket.with_file_name(format!(".nod-{}", std::process::id()));
    match fs::remove_dir_all(&private) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(EvidenceError::file(socket)(error));
        }
        // Of a process that was killed here and had the same number.
        _ => {}
    }
    let created = DirBuilder::new().mode(0o700).create(&private);
    created.map_err(EvidenceError::file(socket))?;
    Ok(private)
}

fn bind_and_move(from: &Path, to: &Path) -> Result<UnixListener, EvidenceError> {
    let listener = UnixListener::bind(from).map_err(EvidenceError::file(to))?;
    fs::set_permissions(from, Permissions::from_mode(0o600)).map_err(EvidenceError::file(to))?;
    fs::rename(from, to).map_err(EvidenceError::file(to))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_owner_may_connect_and_the_path_goes_with_the_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evidence.sock");
        let socket = Socket::bind(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // Nothing else is left beside it.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        Probe::connect(&path).unwrap();
        socket.accept().await.unwrap();
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_dead_socket_is_replaced_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evidence.sock");
        // A listener of the standard library leaves its path behind, as a killed process does.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let living = Socket::bind(&path).unwrap();
        assert!(matches!(
            Socket::bind(&path),
            Err(EvidenceError::InUse(found)) if found == path
        ));
        drop(living);

        fs::write(&path, "notes").unwrap();
        assert!(matches!(
            Socket::bind(&path),
            Err(EvidenceError::NotASocket(_))
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "notes");

        let nowhere = folder.path().join("no/such/folder/evidence.sock");
        assert!(matches!(
            Socket::bind(&nowhere),
            Err(EvidenceError::File { .. })
        ));
    }
}
