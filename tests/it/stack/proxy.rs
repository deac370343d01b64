//! The proxy's configuration, by a real nginx: TLS, files, protected files, and what it tells the node about a client.

use super::read;
use crate::node::{client, skip};
use ladylinux::foundation::values::time;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// nginx in a directory of its own.
struct Proxy {
    directory: TempDir,
    child: Child,
    url: String,
    client: reqwest::Client,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::TERM,
        )
        .ok();
        drop(self.child.wait());
    }
}

fn nginx() -> Option<PathBuf> {
    let known = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];
    known.into_iter().map(PathBuf::from).find(|path| path.is_file())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Answers as a node would that hands out a protected file, and otherwise tells what it was told.
fn node() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap())));
    port
}

fn answer(mut stream: TcpStream) {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    while lines.read_line(&mut head).unwrap() > 2 {}
    let accelerated = head.starts_with("GET /give/");
    let redirect = if accelerated { "X-Accel-Redirect: /protected_media/film.txt\r\n" } else { "" };
    let body = if accelerated { String::new() } else { head };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\n{redirect}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
}

/// Puts this machine's paths and ports in the place of the image's.
fn rendered(at: &Path, port: u16, node: u16) -> String {
    let template = read("quadlet/proxy/ladylinux.conf.template");
    let placed = [
        ("${NGINX_LOCAL_RESOLVERS}", "127.0.0.1".to_owned()),
        ("listen 8443 ssl", format!("listen 127.0.0.1:{port} ssl")),
        ("http://api:8000", format!("http://127.0.0.1:{node}")),
        ("/etc/nginx/tls/", format!("{}/tls/", at.display())),
        ("/var/lib/ladylinux/", format!("{}/state/", at.display())),
    ];
    placed.into_iter().fold(template, |text, (from, to)| {
        assert!(text.contains(from), "the template does not say {from}");
        text.replace(from, &to)
    })
}

fn start() -> Option<Proxy> {
    let Some(nginx) = nginx() else {
        skip("stack::proxy", "there is no nginx: install nginx-light");
        return None;
    };
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let (port, node) = (free_port(), node());
    for (file, content) in [
        ("state/staticfiles/app.css", "body {}"),
        ("state/data/public_media/photo.txt", "for everybody"),
        ("state/data/storage/film.txt", "0123456789"),
        ("state/data/ladylinux.db", "SQLite"),
    ] {
        let path = at.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    std::os::unix::fs::symlink("../../storage/film.txt", at.join("state/data/public_media/link"))
        .unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::create_dir(at.join("tls")).unwrap();
    fs::write(at.join("tls/certificate.pem"), made.cert.pem()).unwrap();
    fs::write(at.join("tls/key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(at.join("ladylinux.conf"), rendered(at, port, node)).unwrap();
    // What the image of nginx has around it.
    let shown = at.display();
    // The files lie where only this user can read.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let around = format!(
        "{user} daemon off; pid {shown}/pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off; \
         client_body_temp_path {shown}/body; proxy_temp_path {shown}/proxy; fastcgi_temp_path {shown}/fastcgi; \
         uwsgi_temp_path {shown}/uwsgi; scgi_temp_path {shown}/scgi;\ninclude {shown}/ladylinux.conf; }}\n"
    );
    let file = at.join("nginx.conf");
    fs::write(&file, around).unwrap();
    let checked = Command::new(&nginx).arg("-t").arg("-c").arg(&file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let child = Command::new(&nginx).arg("-c").arg(&file).stderr(Stdio::null()).spawn().unwrap();
    let deadline = time::instant() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(time::instant() < deadline, "nginx does not listen");
        thread::yield_now();
    }
    Some(Proxy { directory, child, url: format!("https://localhost:{port}"), client: client() })
}

impl Proxy {
    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

// LXA-116..118, C-14: what is public is served, what is protected only if the node says so, and nothing else at all.
#[tokio::test]
async fn the_proxy_serves_what_is_public_and_hands_out_what_is_protected_only_for_the_node() {
    let Some(proxy) = start() else { return };
    assert_eq!(proxy.get("/static/app.css").await, (200, "body {}".to_owned()));
    assert_eq!(proxy.get("/media/photo.txt").await, (200, "for everybody".to_owned()));
    assert_eq!(proxy.get("/protected_media/film.txt").await.0, 404);
    assert_eq!(proxy.get("/give/film").await, (200, "0123456789".to_owned()));
    let part = proxy.client.get(format!("{}/give/film", proxy.url)).header("range", "bytes=2-4");
    let part = part.send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.text().await.unwrap()), (206, "234".to_owned()));
    for path in [
        "/media/../ladylinux.db",
        "/media/%2e%2e/ladylinux.db",
        "/media../storage/film.txt",
        "/static/../data/storage/film.txt",
    ] {
        let (status, text) = proxy.get(path).await;
        assert!(status >= 400 || text.starts_with("GET "), "{path}: {status} {text}");
    }
    assert_eq!(proxy.get("/media/link").await.0, 403, "a link leads out of what is public");
    assert!(proxy.directory.path().exists());
}

// LXA-119; a client cannot claim to be somebody else, or to come by TLS.
#[tokio::test]
async fn the_proxy_tells_the_node_who_asks_and_believes_no_client() {
    let Some(proxy) = start() else { return };
    let request = proxy.client.get(format!("{}/health/live", proxy.url));
    let request = request
        .header("x-forwarded-for", "10.0.0.1")
        .header("x-forwarded-proto", "http")
        .header("forwarded", "for=10.0.0.1")
        .header("x-real-ip", "10.0.0.1")
        .header("x-accel-redirect", "/protected_media/film.txt");
    let told = request.send().await.unwrap().text().await.unwrap().to_lowercase();
    assert!(told.starts_with("get /health/live http/1.1"), "{told}");
    assert!(told.contains("x-forwarded-for: 127.0.0.1\r\n"), "{told}");
    assert!(told.contains("x-forwarded-proto: https\r\n"), "{told}");
    for hearsay in ["10.0.0.1", "x-accel-redirect", "x-real-ip", "\r\nforwarded:"] {
        assert!(!told.contains(hearsay), "{hearsay} in {told}");
    }
}
