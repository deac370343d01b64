//! Sockets that a service manager opened: this test is the manager, as systemd is on a machine.

use crate::node::{Node, Root, client};
use reqwest::StatusCode;
use rustix::{
    fd::AsRawFd,
    io::{FdFlags, fcntl_setfd},
};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    time::Duration,
};

/// A socket that children inherit.
fn open() -> TcpListener {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    fcntl_setfd(&socket, FdFlags::empty()).unwrap();
    socket
}

/// Has a command take a socket over, as `sd_listen_fds(3)` describes it.
fn handed(command: &Command, socket: &TcpListener) -> Command {
    let mut shell = Command::new("bash");
    let take = format!("LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\" 3<&{}", socket.as_raw_fd());
    shell.args(["-c", &take, "-"]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

fn start(root: Root, socket: &TcpListener) -> Node {
    root.start_by(|command| handed(&command, socket))
}

// C-4: with a socket unit, whoever asks during a refresh waits in the backlog and is answered.
#[tokio::test]
async fn whoever_connects_while_one_node_ends_and_the_next_one_starts_is_answered() {
    let socket = open();
    let url = format!("http://{}/health/live", socket.local_addr().unwrap());
    let node = start(Root::new(), &socket);
    assert_eq!(client().get(&url).send().await.unwrap().status(), StatusCode::OK);
    // Its own port, where the health check of a container asks, is served beside.
    assert_eq!(node.get("/health/live").send().await.unwrap().status(), StatusCode::OK);
    let (status, log) = node.stop();
    assert!(status.success(), "{log}");

    let asked = tokio::spawn(client().get(&url).send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!asked.is_finished(), "nobody is there to answer");
    let _node = start(Root::new(), &socket);
    assert_eq!(asked.await.unwrap().unwrap().status(), StatusCode::OK);
}

// LL-DEP-39: what a node has accepted it answers, even if the question itself arrives after it was told to end.
#[test]
fn a_client_that_has_connected_is_heard_before_a_node_ends() {
    for _ in 0..5 {
        let socket = open();
        let mut node = start(Root::new(), &socket);
        let mut client = TcpStream::connect(socket.local_addr().unwrap()).unwrap();
        // By then it was accepted.
        std::thread::sleep(Duration::from_millis(50));
        node.terminate();
        std::thread::sleep(Duration::from_millis(20));
        client.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
        let (status, log) = node.wait();
        assert!(status.success(), "{log}");
    }
}

// C-39, VOX-63
#[test]
fn a_socket_that_others_reach_is_refused_by_a_node_that_is_for_this_machine_alone() {
    let socket = TcpListener::bind("0.0.0.0:0").unwrap();
    fcntl_setfd(&socket, FdFlags::empty()).unwrap();
    let root = Root::new();
    let output = handed(&root.command(&["serve", "--port", "0"]), &socket).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("ListenStream="), "{said}");
}

// Where the node would listen itself is where it was handed a socket: the two are one.
#[tokio::test]
async fn a_node_that_was_handed_its_own_port_takes_it() {
    let socket = open();
    let address = socket.local_addr().unwrap();
    let root = Root::new().set("http.port", address.port());
    let node = root.start_with(&["serve"], |command| handed(&command, &socket));
    assert_eq!(node.address(), address);
    assert_eq!(node.get("/health/live").send().await.unwrap().status(), StatusCode::OK);
}
