//! The control socket: who calls is what the kernel says (`SO_PEERCRED`), never what the caller says.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::serve::IncomingStream;
use tokio::net::{UnixListener, UnixStream};

use super::router::router;
use crate::domain::actor::Actor;
use crate::jobs::House;
use crate::settings;

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
#[error("failed to open the control socket {path}")]
pub struct SocketError {
    path: String,
    #[source]
    source: std::io::Error,
}

/// Binds the socket; one that a dead process left behind is replaced. The caller holds the store's lock,
/// so no living daemon owns it.
///
/// # Errors
/// [`SocketError`].
pub fn bind(path: &Path) -> Result<UnixListener, SocketError> {
    let failed = |source| SocketError { path: path.display().to_string(), source };
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    // Anybody may knock; what they may do is decided by their uid and `access`.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666)).map_err(failed)?;
    Ok(listener)
}

/// Serves until `stop` resolves, then finishes the requests under way.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: UnixListener,
    house: Arc<House>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service =
        router(house).layer(middleware::from_fn(name_caller)).into_make_service_with_connect_info::<Peer>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

/// The caller's uid and gid, as the kernel recorded them when it connected.
#[derive(Clone, Debug)]
struct Peer(Option<(u32, u32)>);

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let credentials = UnixStream::peer_cred(stream.io()).ok();
        Self(credentials.map(|credentials| (credentials.uid(), credentials.gid())))
    }
}

/// A caller whom the kernel does not name is nobody (65534), who may do nothing.
async fn name_caller(ConnectInfo(peer): ConnectInfo<Peer>, mut request: Request, next: Next) -> Response {
    const NOBODY: u32 = 65_534;
    let actor = match peer.0 {
        // Looked up at each request, so that who leaves a group leaves its role; a directory service may take its time.
        Some((uid, gid)) => tokio::task::spawn_blocking(move || settings::groups_of(uid, gid))
            .await
            .map_or(Actor::user(NOBODY), |groups| Actor::User { uid, groups }),
        None => Actor::user(NOBODY),
    };
    request.extensions_mut().insert(actor);
    next.run(request).await
}
