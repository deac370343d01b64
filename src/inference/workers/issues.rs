//! What is wrong with a worker, in words for people: the cause, and the mend.

use super::{
    machine::Death,
    protocol::{Refusal, WorkerKind},
};
use crate::foundation::values::{ReadinessIssue, Severity};
use std::path::Path;

const LOOK: &str =
    "look into the log (journalctl -u ladylinux, or this terminal) for the worker's last words";

/// Says how a worker died; `detail` is what was observed, and never content.
pub(super) fn death(kind: WorkerKind, death: Death, detail: &str) -> ReadinessIssue {
    let (code, what) = match death {
        Death::Unstartable => ("worker_unstartable", "could not be started"),
        Death::NoHandshake => ("worker_no_handshake", "did not load its model in time"),
        Death::BadFrame => ("worker_bad_frame", "broke the protocol"),
        Death::Stalled => ("worker_stalled", "fell silent while it worked and was ended"),
        Death::Exited => ("worker_exited", "ended unexpectedly"),
    };
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    let mend = match death {
        Death::NoHandshake => "raise workers.handshake_timeout, or choose a smaller model",
        Death::Unstartable | Death::BadFrame | Death::Stalled | Death::Exited => LOOK,
    };
    issue(code, format!("the {kind} worker {what}{detail}"), mend)
}

/// Says that a worker is held after its last death.
pub(super) fn held(kind: WorkerKind, deaths: u32, last: &ReadinessIssue) -> ReadinessIssue {
    let message = format!(
        "the {kind} worker died {deaths} times in a short while and is not started again; at last, {}",
        last.message
    );
    issue("worker_held", message, &format!("{}, then restart LadyLinux", last.mend))
}

/// Says why a model was refused.
pub(super) fn refused(kind: WorkerKind, refusal: &Refusal, model: Option<&Path>) -> ReadinessIssue {
    let message = format!("the {kind} worker cannot load its model: {}", refusal.message);
    let mend = match (refusal.code.as_str(), model) {
        ("runtime_missing", _) => "install ONNX Runtime and name its library in paths.onnxruntime (ORT_DYLIB_PATH), then restart LadyLinux".to_owned(),
        ("protocol_mismatch", _) => "restart LadyLinux: its binary was replaced while it ran".to_owned(),
        (_, Some(model)) => format!("put a complete ONNX export into {}, then restart LadyLinux", model.display()),
        (_, None) => "install a complete ONNX export, then restart LadyLinux".to_owned(),
    };
    ReadinessIssue { path: model.map(Path::to_owned), ..issue(&refusal.code, message, &mend) }
}

fn issue(code: &str, message: String, mend: &str) -> ReadinessIssue {
    ReadinessIssue {
        severity: Severity::Warning,
        code: code.to_owned(),
        message,
        path: None,
        mend: mend.to_owned(),
    }
}
