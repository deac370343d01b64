//! The socket: connections in, bounded in number and patience; TLS; and the end of it all.

use super::{
    app::App, error::Failure, inherited::Inherited, neighbours::Neighbours, unread::Unread,
};
use crate::foundation::{
    settings::{Http, Tls},
    values::time,
};
use axum::{
    Router,
    body::{Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use axum_server::{
    accept::Accept,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use futures_util::future::{BoxFuture, select_all};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    path::PathBuf,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections that may wait while all places are taken.
const BACKLOG: u32 = 1024;

/// How long a client waits for a place before idle connections are asked to leave, again and again.
const HUSTLE: Duration = Duration::from_millis(100);

/// How long a connection must have asked nothing before it has to leave for others.
const IDLE: Duration = Duration::from_millis(500);

/// How long a client that has connected and asked nothing yet is waited for at the end: its question is on the way.
const GRACE: Duration = Duration::from_millis(100);

/// The longest request head, in bytes.
const HEAD_BYTES: usize = 64 * 1024;

/// Why the API does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody else has the port.
    #[error(
        "cannot listen on {address}: another program has the port. `ss -ltnp` shows which; stop it, or choose another \
         port with --port"
    )]
    PortTaken {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address cannot be bound.
    #[error("cannot listen on {address}: check http.host and http.port")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A socket that was handed over cannot be used.
    #[error("cannot serve a socket that was handed over (LISTEN_FDS)")]
    Inherited(#[source] io::Error),
    /// The settings would leave the node open.
    #[error("{0}")]
    Exposed(String),
    /// The certificate or its key cannot be used.
    #[error("cannot use the certificate {} with the key {}", certificate.display(), key.display())]
    Tls {
        /// The PEM file of the chain.
        certificate: PathBuf,
        /// The PEM file of the key.
        key: PathBuf,
        /// What is wrong with them.
        source: io::Error,
    },
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether it speaks TLS with us.
    pub tls: bool,
    /// Whether it is on the machine itself.
    pub here: bool,
}

/// Open ports: the node's own, and those that it was handed over.
#[derive(Debug)]
pub struct Listener {
    sockets: Vec<TcpListener>,
    tls: Option<RustlsAcceptor>,
    url: String,
    neighbours: Neighbours,
}

impl Listener {
    /// Opens the port that the settings name, beside those that were handed over.
    ///
    /// In a container both are needed: what was handed over is the machine's, and the node's own is where its health check
    /// and its neighbours ask. Where the two are one, the one that was handed over is it.
    pub async fn bind(http: &Http, inherited: Inherited) -> Result<Self, ServeError> {
        if let Some(objection) = super::exposure::objection(http) {
            return Err(ServeError::Exposed(objection));
        }
        let tls = match &http.tls {
            Some(tls) => Some(acceptor(tls, http.header_timeout).await?),
            None => None,
        };
        let address = http.address;
        let mut sockets = inherited.serve(http)?;
        match listen(address) {
            Ok(own) => sockets.insert(0, own),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let has_port = |socket: &TcpListener| {
                    socket.local_addr().is_ok_and(|at| at.port() == address.port())
                };
                if !sockets.iter().any(has_port) {
                    return Err(ServeError::PortTaken { address });
                }
            }
            Err(source) => return Err(ServeError::Bind { address, source }),
        }
        let bound = sockets.first().and_then(|socket| socket.local_addr().ok()).unwrap_or(address);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let neighbours = Neighbours::look();
        Ok(Self { sockets, tls, url: format!("{scheme}://{bound}"), neighbours })
    }

    /// Returns where a browser finds the node.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A node that restarts takes its port back at once, from connections that are still closing.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn acceptor(tls: &Tls, patience: Duration) -> Result<RustlsAcceptor, ServeError> {
    // Whoever was first has installed the same provider.
    drop(rustls::crypto::ring::default_provider().install_default());
    let config = RustlsConfig::from_pem_file(&tls.certificate, &tls.key).await;
    let config = config.map_err(|source| ServeError::Tls {
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        source,
    })?;
    let mut inner = rustls::ServerConfig::clone(&config.get_inner());
    inner.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.reload_from_config(Arc::new(inner));
    Ok(RustlsAcceptor::new(config).handshake_timeout(patience))
}

/// Serves until `shutdown`, then lets running answers end within the drain timeout.
pub(super) async fn run(
    listener: Listener,
    router: Router,
    app: App,
    shutdown: impl Future<Output = ()>,
) {
    let http = &app.node.settings.http;
    let room = Room::new(http);
    let connections = TaskTracker::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = room.accept(&listener.sockets) => accepted,
        };
        let Some((stream, address, place)) = accepted else { continue };
        let here = stream.local_addr().is_ok_and(|own| listener.neighbours.is_here(address, own));
        let peer = Peer { address, tls: listener.tls.is_some(), here };
        let service = Peered {
            router: router.clone(),
            peer,
            places: Arc::clone(&room.places),
            activity: Arc::new(Activity::new()),
        };
        let tls = listener.tls.clone();
        let room = room.clone();
        connections.spawn(async move {
            match tls {
                None => room.converse(stream, service).await,
                Some(tls) => match tls.accept(stream, service).await {
                    Ok((stream, service)) => room.converse(stream, service).await,
                    Err(error) => tracing::debug!(%error, "a client's TLS handshake failed"),
                },
            }
            drop(place);
        });
    }
    drop(listener);
    app.drain();
    room.closing.cancel();
    connections.close();
    tracing::info!(connections = connections.len(), "draining");
    if tokio::time::timeout(http.drain_timeout, connections.wait()).await.is_err() {
        let connections = connections.len();
        tracing::warn!(connections, "the drain timeout ended answers that still ran");
    }
}

/// The places for connections.
#[derive(Clone)]
struct Room {
    places: Arc<Semaphore>,
    /// Said when somebody waits for a place: whoever has been answered leaves.
    crowded: Arc<Notify>,
    closing: CancellationToken,
    /// For a request's head.
    patience: Duration,
    /// For a client to take some of its answer.
    reading: Duration,
}

impl Room {
    fn new(http: &Http) -> Self {
        Self {
            places: Arc::new(Semaphore::new(http.max_connections)),
            crowded: Arc::default(),
            closing: CancellationToken::new(),
            patience: http.header_timeout,
            reading: http.request_timeout,
        }
    }

    /// Waits for a place and for a client; none if the client was gone before we had it.
    async fn accept(
        &self,
        listeners: &[TcpListener],
    ) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let place = loop {
            match tokio::time::timeout(HUSTLE, Arc::clone(&self.places).acquire_owned()).await {
                Ok(place) => break place.ok()?,
                Err(_) => self.crowded.notify_waiters(),
            }
        };
        let (accepted, ..) =
            select_all(listeners.iter().map(|listener| Box::pin(listener.accept()))).await;
        match accepted {
            Ok((stream, address)) => {
                // Tokens are small and each one counts: they do not wait for company.
                drop(stream.set_nodelay(true));
                Some((stream, address, place))
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                // Out of file descriptors, most likely; they come back as connections end.
                tokio::time::sleep(Duration::from_millis(50)).await;
                None
            }
        }
    }

    /// Speaks HTTP/1.1 over one connection until it ends, or until it has answered what was asked when its place is needed.
    async fn converse<I>(&self, stream: I, service: Peered)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
        // The time counts from the moment the connection is open or idle: a slow client cannot hold a place.
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience)
            .max_buf_size(HEAD_BYTES);
        let activity = Arc::clone(&service.activity);
        let service = TowerToHyperService::new(service);
        let stream = TokioIo::new(Unread::new(stream, self.reading));
        let mut connection = pin!(builder.serve_connection(stream, service));
        let ended = loop {
            tokio::select! {
                ended = &mut connection => break ended,
                () = self.closing.cancelled() => {
                    // To close a connection whose first question is on its way would be to lose that question.
                    if !activity.asked()
                        && let Ok(ended) = tokio::time::timeout(GRACE, &mut connection).await
                    {
                        break ended;
                    }
                    connection.as_mut().graceful_shutdown();
                    break connection.await;
                }
                () = self.crowded.notified() => match activity.idle() {
                    None => {}
                    Some(Idle::AfterAnswer) => connection.as_mut().graceful_shutdown(),
                    Some(Idle::FromTheStart) => return,
                },
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error, "a connection ended early");
        }
    }
}

/// What happened on a connection so far.
#[derive(Debug)]
struct Activity {
    /// When it was opened or last asked something, on the monotonic clock.
    last_ns: AtomicU64,
    asked: AtomicBool,
}

/// A connection on which nothing is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Idle {
    /// It was never asked anything.
    FromTheStart,
    /// It may be answering still, which may go on.
    AfterAnswer,
}

impl Activity {
    fn new() -> Self {
        Self { last_ns: AtomicU64::new(time::monotonic_ns()), asked: AtomicBool::new(false) }
    }

    fn ask(&self) {
        self.last_ns.store(time::monotonic_ns(), Ordering::Relaxed);
        self.asked.store(true, Ordering::Relaxed);
    }

    fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Returns how the connection idles, if it has done so for a while: a client may ask again at any moment.
    fn idle(&self) -> Option<Idle> {
        let since = time::monotonic_ns().saturating_sub(self.last_ns.load(Ordering::Relaxed));
        let idle = if self.asked() { Idle::AfterAnswer } else { Idle::FromTheStart };
        (Duration::from_nanos(since) > IDLE).then_some(idle)
    }
}

/// The router, told with each request who is at the other end.
#[derive(Clone)]
struct Peered {
    router: Router,
    peer: Peer,
    places: Arc<Semaphore>,
    activity: Arc<Activity>,
}

impl<B> tower::Service<Request<B>> for Peered
where
    B: HttpBody<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.activity.ask();
        let places = Arc::clone(&self.places);
        let answer = tower::Service::call(&mut self.router, request);
        Box::pin(async move {
            let mut response = answer.await?;
            if places.available_permits() == 0 {
                // Others wait: the client is asked to come back by another connection.
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            Ok(response)
        })
    }
}

/// What a request gets for a path that nobody serves.
pub(super) async fn nowhere() -> Failure {
    Failure::not_found("no_such_path", "there is nothing here: /docs lists what there is")
}

/// What a request gets for a method that its path does not take.
pub(super) async fn wrong_method() -> Failure {
    Failure::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "this path does not take that method: the Allow header lists those it takes",
    )
}
