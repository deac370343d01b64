//! Sockets that a service manager opened for the node, after systemd's protocol (`LISTEN_FDS`, `sd_listen_fds(3)`).
//!
//! They outlive the node: whoever connects while one release ends and the next one starts waits in the kernel, and is not
//! refused. What they may be bound to is what the settings say of the published address.

use super::server::ServeError;
use crate::foundation::settings::{Exposure, Http};
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
};

/// What was inherited.
#[derive(Debug, Default)]
pub struct Inherited(Vec<TcpListener>);

impl Inherited {
    /// Takes over what this process was given; nothing, if it was started in any other way.
    ///
    /// It forgets the variables that say so, and nobody else may look at the environment meanwhile: call it before anything
    /// runs beside.
    pub fn take() -> io::Result<Self> {
        let mut given = listenfd::ListenFd::from_env();
        let sockets =
            (0..given.len()).filter_map(|index| given.take_tcp_listener(index).transpose());
        sockets.collect::<io::Result<_>>().map(Self)
    }

    /// Hands them out to be served, if the settings allow what they are bound to.
    pub(super) fn serve(self, http: &Http) -> Result<Vec<tokio::net::TcpListener>, ServeError> {
        let open = |socket: TcpListener| {
            let address = socket.local_addr()?;
            if let Some(objection) = objection(http, address) {
                return Ok(Err(ServeError::Exposed(objection)));
            }
            socket.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(socket).map(Ok)
        };
        let sockets = self.0.into_iter();
        sockets.map(|socket| open(socket).map_err(ServeError::Inherited).flatten()).collect()
    }
}

/// Returns why an inherited socket must not be served, if it must not: the settings would protect the node less than its
/// address asks for.
fn objection(http: &Http, address: SocketAddr) -> Option<String> {
    let at = address.ip().to_canonical();
    let expected = match http.exposure {
        Exposure::Loopback => IpAddr::is_loopback(&at),
        Exposure::Published => match http.published_address {
            Some(published) => published == at || published.is_loopback() && at.is_loopback(),
            None => true,
        },
        Exposure::Lan => true,
    };
    (!expected).then(|| {
        format!(
            "the socket that was handed over listens on {address}, which is not what http.exposure and \
             http.published_address say: let ListenStream= of the socket unit and the settings name one address"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::settings::Settings;
    use std::path::Path;

    // C-39, VOX-63: a socket that others can reach is served only by a node that knows it.
    #[test]
    fn an_inherited_socket_is_bound_where_the_settings_say() {
        let http = |exposure, published: Option<&str>| Http {
            exposure,
            published_address: published.map(|at| at.parse().unwrap()),
            ..Settings::for_tests(Path::new("/")).http
        };
        for (exposure, published, address, served) in [
            (Exposure::Loopback, None, "127.0.0.1:8000", true),
            (Exposure::Loopback, None, "[::1]:8000", true),
            (Exposure::Loopback, None, "0.0.0.0:8000", false),
            (Exposure::Published, Some("127.0.0.1"), "127.0.0.1:8000", true),
            (Exposure::Published, Some("127.0.0.1"), "[::]:8000", false),
            (Exposure::Published, Some("127.0.0.1"), "192.168.1.7:8000", false),
            (Exposure::Published, Some("192.168.1.7"), "192.168.1.7:8000", true),
            (Exposure::Published, Some("192.168.1.7"), "192.168.1.8:8000", false),
            (Exposure::Published, None, "192.168.1.7:8000", true),
            (Exposure::Lan, None, "0.0.0.0:8000", true),
        ] {
            let objection = objection(&http(exposure, published), address.parse().unwrap());
            assert_eq!(objection.is_none(), served, "{exposure:?} {published:?} {address}");
        }
    }
}
