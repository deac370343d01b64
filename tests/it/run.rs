//! Runs the binary as an operator does: as a process, below a root of its own, in an environment of its own.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

/// A node below a temporary root.
pub(crate) struct Node {
    directory: tempfile::TempDir,
    prefix: Option<PathBuf>,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Node {
    /// Returns a node of which not even the root exists.
    pub(crate) fn fresh() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let prefix = Some(directory.path().join("var"));
        Self { directory, prefix }
    }

    /// Returns a node without a root prefix, whose paths the environment must name.
    pub(crate) fn host() -> Self {
        Self { prefix: None, ..Self::fresh() }
    }

    /// Returns a node with its directories.
    pub(crate) fn provisioned() -> Self {
        let node = Self::fresh();
        let run = node.run(&["provision"]);
        assert_eq!(run.code, 0, "{run:?}");
        node
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("var")
    }

    pub(crate) fn write(&self, relative: &str, content: &str) {
        fs::write(self.root().join(relative), content).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_ladylinux")), arguments);
        command.envs(environment.iter().copied());
        finish(&mut command)
    }

    /// Runs as another user, who may not be able to reach the build directory: with a copy of the binary.
    pub(crate) fn run_as(&self, uid: u32, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let binary = self.directory.path().join("ladylinux");
        if !binary.exists() {
            fs::copy(env!("CARGO_BIN_EXE_ladylinux"), &binary).unwrap();
        }
        fs::set_permissions(self.directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = self.command(&binary, arguments);
        finish(command.uid(uid).gid(uid).envs(environment.iter().copied()))
    }

    /// Gives everything to another user.
    pub(crate) fn open_to(&self, uid: u32) {
        for entry in walkdir::WalkDir::new(self.directory.path()) {
            std::os::unix::fs::chown(entry.unwrap().path(), Some(uid), Some(uid)).unwrap();
        }
    }

    fn command(&self, binary: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        command.env_clear().args(arguments);
        if let Some(prefix) = &self.prefix {
            command.arg("--root").arg(prefix);
        }
        command.current_dir(self.directory.path());
        command
    }
}

fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Reads what a run printed for programs.
pub(crate) fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}
