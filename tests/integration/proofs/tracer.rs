//! A tracer of our own: it stops a program at the entry of every call that could change anything outside
//! its memory, counts those calls across all threads in one order, and there lets the call pass, fails it, or ends the program.
//!
//! A seccomp filter lets the calls through that change nothing outside the process (the list is [`HARMLESS`]) and stops at
//! every other one, so a call that nobody thought of is a stop too. What concerns neither the shop's state directory nor the
//! network is passed over; the rest are the points. These points stand for every syscall: a SIGKILL at a call that changes
//! nothing outside the process leaves the same files and the same words on the wire as one at the entry of the next point.
//! What they do not see is a store into SQLite's shared index (`-shm`, a mapping), which no reader trusts after a
//! crash; kills at random moments fall between those.
//!
//! strace would do nearly the same, but its `when=` counts each thread and each syscall for itself.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{self, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::calls;

pub use super::calls::Call;

/// What is done about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// The whole process dies before the call is made.
    Kill,
    /// The call is not made and fails with this.
    Fail(Errno),
}

/// How a traced program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Exit(i32),
    Signal(Signal),
}

/// Calls that change nothing outside the process.
const HARMLESS: &[libc::c_long] = &[
    libc::SYS_accept4,
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_dup,
    libc::SYS_dup2,
    libc::SYS_dup3,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd2,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fcntl,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpeername,
    libc::SYS_getpgrp,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_getrlimit,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_ioctl,
    libc::SYS_kill,
    libc::SYS_lseek,
    libc::SYS_lstat,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_pipe2,
    libc::SYS_poll,
    libc::SYS_ppoll,
    libc::SYS_prctl,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_prlimit64,
    libc::SYS_read,
    libc::SYS_readlink,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_setsockopt,
    libc::SYS_sigaltstack,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_stat,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_sysinfo,
    libc::SYS_tgkill,
    libc::SYS_umask,
    libc::SYS_uname,
    libc::SYS_vfork,
    libc::SYS_wait4,
];

/// Runs `command` to its end, asking `judge` at every call on what lies under `state`, or on the network,
/// or on standard output. `started` is told the process before it does anything.
pub fn trace(
    command: &mut Command,
    state: &Path,
    started: impl FnOnce(Pid),
    mut judge: impl FnMut(&Call) -> Verdict,
) -> Ended {
    let pid = spawn(command);
    started(pid);
    let mut running = BTreeSet::from([pid]);
    let mut ended = None;
    // Only this thread's children and tracees: other tests may trace at the same time.
    let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
    loop {
        let status = match waitpid(Pid::from_raw(-1), Some(flags)) {
            Err(Errno::ECHILD) => return ended.expect("the program's end was seen"),
            status => status.unwrap(),
        };
        match status {
            WaitStatus::Exited(who, code) if who == pid => ended = Some(Ended::Exit(code)),
            WaitStatus::Signaled(who, signal, _) if who == pid => ended = Some(Ended::Signal(signal)),
            WaitStatus::PtraceEvent(who, _, libc::PTRACE_EVENT_SECCOMP) => {
                let call =
                    ptrace::getregs(who).ok().and_then(|registers| calls::read(who, &registers, state));
                let verdict = call.map_or(Verdict::Pass, |call| judge(&call));
                apply(verdict, pid, who);
            }
            WaitStatus::PtraceEvent(who, ..) => go_on(who, None),
            // A new thread reports with this, and nobody else stops it.
            WaitStatus::Stopped(who, Signal::SIGSTOP) if running.insert(who) => go_on(who, None),
            WaitStatus::Stopped(who, signal) => go_on(who, Some(signal)),
            _ => {}
        }
    }
}

/// Starts the program, stopped at its first instruction, as a tracee of this very thread.
fn spawn(command: &mut Command) -> Pid {
    let filter = filter();
    // SAFETY: between fork and exec nothing but system calls is made; the filter was built before.
    unsafe {
        command.pre_exec(move || {
            ptrace::traceme()?;
            let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
            if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) != 0
            {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        });
    }
    #[expect(clippy::zombie_processes, reason = "the tracer waits for it, with all its threads")]
    let child = command.spawn().unwrap();
    let pid = Pid::from_raw(child.id().cast_signed());
    let stopped = waitpid(pid, Some(WaitPidFlag::__WALL)).unwrap();
    assert!(matches!(stopped, WaitStatus::Stopped(_, Signal::SIGTRAP)), "{stopped:?}");
    let options = Options::PTRACE_O_EXITKILL
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACESECCOMP;
    ptrace::setoptions(pid, options).unwrap();
    go_on(pid, None);
    pid
}

/// Lets the harmless calls pass and stops at the others.
fn filter() -> Vec<libc::sock_filter> {
    const ARCHITECTURE_X86_64: u32 = 0xc000_003e;
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    let load = |offset| statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset);
    let equal = |k, jt, jf| libc::sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
        jt,
        jf,
        k,
    };
    let give = |verdict| statement(libc::BPF_RET | libc::BPF_K, verdict);
    let mut filter =
        vec![load(4), equal(ARCHITECTURE_X86_64, 1, 0), give(libc::SECCOMP_RET_KILL_PROCESS), load(0)];
    for (place, &call) in HARMLESS.iter().enumerate() {
        filter.push(equal(call as u32, (HARMLESS.len() - place) as u8, 0));
    }
    filter.extend([give(libc::SECCOMP_RET_TRACE), give(libc::SECCOMP_RET_ALLOW)]);
    filter
}

fn apply(verdict: Verdict, process: Pid, thread: Pid) {
    match verdict {
        Verdict::Pass => go_on(thread, None),
        Verdict::Kill => kill(process, Signal::SIGKILL).unwrap(),
        Verdict::Fail(errno) => {
            if let Ok(registers) = ptrace::getregs(thread) {
                // A call of number -1 is none; what stands in rax is what the program sees.
                let failed = user_regs_struct {
                    orig_rax: u64::MAX,
                    rax: (-i64::from(errno as i32)).cast_unsigned(),
                    ..registers
                };
                let _ = ptrace::setregs(thread, failed);
            }
            go_on(thread, None);
        }
    }
}

/// A thread that is gone meanwhile needs no leave.
fn go_on(thread: Pid, signal: Option<Signal>) {
    match ptrace::cont(thread, signal) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => panic!("a tracee cannot go on: {error}"),
    }
}

/// Where `path` stands below `state`.
pub fn below(state: &Path, path: &Path) -> Option<PathBuf> {
    path.strip_prefix(state).ok().map(Path::to_owned)
}

#[test]
fn it_sees_each_call_fails_it_and_kills_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().canonicalize().unwrap();
    let script = "echo one > a; echo two >> a; mv a b; echo said";
    let run = |verdict: Verdict, at: usize| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).current_dir(&state).stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        let mut seen = Vec::new();
        let ended = trace(
            &mut command,
            &state,
            |_| (),
            |call| {
                if call.is_point() {
                    seen.push(format!("{} {}", call.name, call.path.display()));
                }
                if seen.len() == at { verdict } else { Verdict::Pass }
            },
        );
        let left = ["a", "b"].map(|name| fs::read_to_string(state.join(name)).ok());
        let _ = fs::remove_file(state.join("a"));
        let _ = fs::remove_file(state.join("b"));
        (seen, ended, left)
    };
    let text = |text: &str| Some(text.to_owned());
    let (seen, ended, left) = run(Verdict::Pass, 0);
    assert_eq!(seen, ["openat a", "write a", "openat a", "write a", "renameat a"]);
    assert_eq!((ended, left), (Ended::Exit(0), [None, text("one\ntwo\n")]));
    let (_, ended, left) = run(Verdict::Kill, 4);
    assert_eq!((ended, left), (Ended::Signal(Signal::SIGKILL), [text("one\n"), None]));
    let (_, ended, left) = run(Verdict::Fail(Errno::ENOSPC), 2);
    assert_eq!((ended, left), (Ended::Exit(0), [None, text("two\n")]));
}
