//! The control socket: who calls is what the kernel says (`SO_PEERCRED`), never what the caller says.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::Path;
use std::sync::Arc;

use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::serve::IncomingStream;
use listenfd::ListenFd;
use tokio::net::{UnixListener, UnixStream};

use super::router::router;
use crate::domain::actor::Actor;
use crate::jobs::House;
use crate::settings;

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("failed to open the control socket {path}")]
    Open {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "systemd listens at {handed_over}, and commands will look for the daemon at {path}; let `socket` in [store] \
         and ListenStream= in firstwatch.socket say the same"
    )]
    Elsewhere { handed_over: String, path: String },
}

/// The socket that systemd listens at for us (systemd.socket(5)), if it does. To be asked for once, before there are
/// threads, for it is taken out of the environment.
///
/// # Errors
/// [`SocketError::Open`] when what was handed over is no such socket.
pub fn handed_over() -> Result<Option<StdUnixListener>, SocketError> {
    let failed = |source| SocketError::Open { path: "that systemd handed over".to_owned(), source };
    ListenFd::from_env().take_unix_listener(0).map_err(failed)
}

/// Listens at `path`: with the socket that was handed over, else with one of our own, and one that a dead process left
/// behind is replaced. The caller holds the store's lock, so no living daemon owns it.
///
/// # Errors
/// [`SocketError`].
pub fn listen(path: &Path, handed_over: Option<StdUnixListener>) -> Result<UnixListener, SocketError> {
    let failed = |source| SocketError::Open { path: path.display().to_string(), source };
    let Some(listener) = handed_over else { return bind(path).map_err(failed) };
    let address = listener.local_addr().map_err(failed)?;
    let at = address.as_pathname().unwrap_or(Path::new("an address without a path"));
    if is_another(at, path) {
        let (handed_over, path) = (at.display().to_string(), path.display().to_string());
        return Err(SocketError::Elsewhere { handed_over, path });
    }
    listener.set_nonblocking(true).map_err(failed)?;
    UnixListener::from_std(listener).map_err(failed)
}

fn is_another(one: &Path, other: &Path) -> bool {
    // The same file may be named in two ways, as /var/run is.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) != real(other)
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    // Anybody may knock; what they may do is decided by their uid and `access`.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
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
