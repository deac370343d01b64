//! The `ladylinux-supervisor` binary: hands over to the refresh.

use std::process::ExitCode;

fn main() -> ExitCode {
    ladylinux::refresh::run()
}
