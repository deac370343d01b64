//! Takes away from this process all that a reader of documents does not need, before it reads one.
//!
//! Three walls, each enough by itself against a file or a socket:
//!
//! - limits (`setrlimit(2)`): no new descriptors, no processes, no core file, so much memory, so many seconds of a processor;
//! - Landlock (`landlock(7)`), where the kernel has it: no path, no TCP port, no signal, no abstract socket;
//! - seccomp (`seccomp(2)`): a list of the system calls that are allowed. Every other one fails with `EPERM`, so that a library
//!   that merely asks goes on.
//!
//! Without the first or the last the process does not go on. Landlock is the one that may be missing: kernels and their start
//! parameters leave it out, and what it would deny the list denies as well.

use super::super::{super::workers::Refusal, refusal};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus,
    Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use std::{collections::BTreeMap, fs};

/// What a document may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How much memory, in bytes, beyond what the process has when it begins.
    pub memory_bytes: u64,
    /// How many seconds of one processor.
    pub cpu_seconds: u64,
}

/// The walls that stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walls {
    /// How much of Landlock this kernel has.
    pub landlock: &'static str,
}

/// Puts up the walls around this process, for good.
pub(super) fn enter(limits: Limits) -> Result<Walls, Refusal> {
    let memory = mapped_bytes().map_err(|error| cannot("learn its size", error))?;
    let filter = filter().map_err(|error| cannot("make the list of system calls", error))?;
    let landlock = landlock().map_err(|error| cannot("use Landlock", error))?;
    for (resource, most, more) in [
        (Resource::As, memory.saturating_add(limits.memory_bytes), 0),
        // First comes SIGXCPU, by which the parent knows; a second later SIGKILL.
        (Resource::Cpu, limits.cpu_seconds, 1),
        (Resource::Nofile, 0, 0),
        (Resource::Nproc, 0, 0),
        (Resource::Core, 0, 0),
    ] {
        let limit = Rlimit { current: Some(most), maximum: Some(most.saturating_add(more)) };
        setrlimit(resource, limit).map_err(|error| cannot("limit itself", error))?;
    }
    // Of all threads, though there is one. It also gives up ever gaining privileges.
    seccompiler::apply_filter_all_threads(&filter)
        .map_err(|error| cannot("use seccomp, without which no document is read", error))?;
    Ok(Walls { landlock })
}

fn cannot(what: &str, error: impl std::fmt::Display) -> Refusal {
    refusal("no_sandbox", format!("the worker cannot {what}: {error}"))
}

/// Returns how much address space this process has, in bytes (`VmSize` in `proc_pid_status(5)`).
fn mapped_bytes() -> std::io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let kilobytes = kilobytes.ok_or_else(|| std::io::Error::other("there is no VmSize"))?;
    Ok(kilobytes.saturating_mul(1024))
}

/// Denies every path, port and signal that this kernel's Landlock knows of.
fn landlock() -> Result<&'static str, landlock::RulesetError> {
    let newest = ABI::V6;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => "full",
        RulesetStatus::PartiallyEnforced => "partial",
        RulesetStatus::NotEnforced => "absent",
    })
}

/// Returns the list of what may be called: memory, the pipes that are open, time, and the end.
fn filter() -> Result<BpfProgram, seccompiler::Error> {
    let always = [
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_lseek,
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_getrandom,
        libc::SYS_sched_yield,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        always.into_iter().map(|call| (call, Vec::new())).collect();
    // Memory that can be written never becomes code.
    let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![only(2, SeccompCmpOp::MaskedEq(executable), 0)?]);
    }
    // abort(3) signals its own thread; nobody else is signalled.
    let own = u64::try_from(rustix::process::getpid().as_raw_nonzero().get()).unwrap_or(0);
    rules.insert(libc::SYS_tgkill, vec![only(0, SeccompCmpOp::Eq, own)?]);
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let target = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, denied, SeccompAction::Allow, target)?.try_into()?)
}

fn only(
    argument: u8,
    is: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Qword, is, value)?])
}
