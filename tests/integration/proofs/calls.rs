//! Reads a stopped call: what it is about to do, to which file under the state directory or to which socket.

use std::fs;
use std::io::IoSliceMut;
use std::path::{Path, PathBuf};

use nix::libc::{self, c_long, user_regs_struct};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use super::tracer::below;

/// A call that can change something that lasts, or that somebody else sees.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: &'static str,
    pub kind: Kind,
    /// Below the state directory; empty where it is about no file in it.
    pub path: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For writing, or to create.
    Open {
        creates: bool,
        truncates: bool,
    },
    Write {
        offset: u64,
        bytes: Vec<u8>,
    },
    /// Of a file or a directory.
    Sync,
    Truncate(u64),
    /// The other name, below the state directory.
    Rename(PathBuf),
    Link(PathBuf),
    Unlink,
    MakeDirectory,
    /// Permissions, owners and times.
    Mode,
    /// A syscall that the tracer has no word for: its number.
    Unknown(c_long),
    /// Something leaves over the network, or a connection begins or ends.
    Network(Vec<u8>),
    /// A write to standard output.
    Said,
}

impl Call {
    /// A kill here can leave another state than a kill at the one before.
    pub fn is_point(&self) -> bool {
        self.kind != Kind::Said
    }

    /// A full or failing disk can refuse it.
    pub fn needs_disk(&self) -> bool {
        !matches!(self.kind, Kind::Said | Kind::Network(_) | Kind::Unlink | Kind::Mode | Kind::Unknown(_))
    }
}

/// A stopped thread and the arguments of its call.
struct Stopped<'a> {
    thread: Pid,
    arguments: [u64; 6],
    state: &'a Path,
}

/// What the call is about, when it concerns the state directory, the network or standard output.
pub fn read(thread: Pid, registers: &user_regs_struct, state: &Path) -> Option<Call> {
    let r = registers;
    let arguments = [r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9];
    let stopped = Stopped { thread, arguments, state };
    let number = r.orig_rax.cast_signed();
    // A call that is neither harmless nor known here is a point, to be on the safe side.
    let unknown = || Some(Call { name: "another call", kind: Kind::Unknown(number), path: PathBuf::new() });
    stopped.on_descriptor(number).or_else(|| stopped.on_names(number)).unwrap_or_else(unknown)
}

impl Stopped<'_> {
    /// `None`: it is another call; `Some(None)`: it concerns something else.
    fn on_descriptor(&self, number: c_long) -> Option<Option<Call>> {
        let [_, second, third, fourth, ..] = self.arguments;
        let door = |name| Some(Call { name, kind: Kind::Network(Vec::new()), path: PathBuf::new() });
        let (name, kind) = match number {
            libc::SYS_bind => return Some(door("bind")),
            libc::SYS_listen => return Some(door("listen")),
            libc::SYS_write => return Some(self.write("write", None, || self.bytes(second, third))),
            libc::SYS_pwrite64 => {
                return Some(self.write("pwrite64", Some(fourth), || self.bytes(second, third)));
            }
            libc::SYS_writev => return Some(self.write("writev", None, || self.vectors(second, third))),
            libc::SYS_pwritev => {
                return Some(self.write("pwritev", Some(fourth), || self.vectors(second, third)));
            }
            libc::SYS_sendto => return Some(self.network("sendto", self.bytes(second, third))),
            libc::SYS_sendmsg => return Some(self.network("sendmsg", Vec::new())),
            libc::SYS_shutdown => return Some(self.network("shutdown", Vec::new())),
            libc::SYS_close => return Some(self.network("close", Vec::new())),
            libc::SYS_connect => return Some(self.connect()),
            libc::SYS_fsync => ("fsync", Kind::Sync),
            libc::SYS_fdatasync => ("fdatasync", Kind::Sync),
            libc::SYS_ftruncate => ("ftruncate", Kind::Truncate(second)),
            libc::SYS_fallocate => ("fallocate", Kind::Unknown(number)),
            libc::SYS_fchmod => ("fchmod", Kind::Mode),
            libc::SYS_fchown => ("fchown", Kind::Mode),
            _ => return None,
        };
        Some(below(self.state, &self.file(self.arguments[0])).map(|path| Call { name, kind, path }))
    }

    fn on_names(&self, number: c_long) -> Option<Option<Call>> {
        let [first, second, third, fourth, ..] = self.arguments;
        let at = |directory, name| self.name_at(directory, name);
        let here = |name| self.name_at(libc::AT_FDCWD as u64, name);
        let rename = |other: Option<PathBuf>| other.map_or(Kind::Unknown(number), Kind::Rename);
        let link = |other: Option<PathBuf>| other.map_or(Kind::Unknown(number), Kind::Link);
        let (name, kind, path) = match number {
            libc::SYS_open => return Some(self.open("open", here(first), second)),
            libc::SYS_openat => return Some(self.open("openat", at(first, second), third)),
            libc::SYS_truncate => ("truncate", Kind::Truncate(second), here(first)),
            libc::SYS_rename => ("rename", rename(here(second)), here(first)),
            libc::SYS_renameat | libc::SYS_renameat2 => {
                ("renameat", rename(at(third, fourth)), at(first, second))
            }
            libc::SYS_link => ("link", link(here(second)), here(first)),
            libc::SYS_linkat => ("linkat", link(at(third, fourth)), at(first, second)),
            libc::SYS_unlink => ("unlink", Kind::Unlink, here(first)),
            libc::SYS_rmdir => ("rmdir", Kind::Unlink, here(first)),
            libc::SYS_unlinkat => ("unlinkat", Kind::Unlink, at(first, second)),
            libc::SYS_mkdir => ("mkdir", Kind::MakeDirectory, here(first)),
            libc::SYS_mkdirat => ("mkdirat", Kind::MakeDirectory, at(first, second)),
            libc::SYS_chmod => ("chmod", Kind::Mode, here(first)),
            libc::SYS_fchmodat => ("fchmodat", Kind::Mode, at(first, second)),
            libc::SYS_utimensat => ("utimensat", Kind::Mode, at(first, second)),
            _ => return None,
        };
        Some(path.map(|path| Call { name, kind, path }))
    }

    fn open(&self, name: &'static str, path: Option<PathBuf>, flags: u64) -> Option<Call> {
        let (path, flags) = (path?, flags as i32);
        let creates = flags & libc::O_CREAT != 0 && !self.state.join(&path).exists();
        let truncates = flags & libc::O_TRUNC != 0;
        let writes = flags & (libc::O_WRONLY | libc::O_RDWR) != 0;
        let kind = Kind::Open { creates, truncates };
        (creates || truncates || writes).then_some(Call { name, kind, path })
    }

    fn write(&self, name: &'static str, offset: Option<u64>, bytes: impl Fn() -> Vec<u8>) -> Option<Call> {
        let descriptor = self.arguments[0];
        let file = self.file(descriptor);
        let Some(path) = below(self.state, &file) else {
            let said = Call { name, kind: Kind::Said, path: PathBuf::new() };
            return if descriptor == 1 { Some(said) } else { self.network(name, bytes()) };
        };
        let offset = offset.unwrap_or_else(|| self.position(descriptor, &file));
        Some(Call { name, kind: Kind::Write { offset, bytes: bytes() }, path })
    }

    fn network(&self, name: &'static str, bytes: Vec<u8>) -> Option<Call> {
        let file = self.file(self.arguments[0]);
        let inode = file.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        let tables = ["tcp", "tcp6", "udp", "udp6"];
        let is_inet = tables.iter().any(|table| {
            let sockets = fs::read_to_string(format!("/proc/{}/net/{table}", self.thread));
            sockets.unwrap_or_default().lines().any(|line| line.split_whitespace().nth(9) == Some(inode))
        });
        is_inet.then(|| Call { name, kind: Kind::Network(bytes), path: PathBuf::new() })
    }

    fn connect(&self) -> Option<Call> {
        let address = self.bytes(self.arguments[1], 2);
        let family = i32::from(u16::from_ne_bytes(address.try_into().ok()?));
        let call = Call { name: "connect", kind: Kind::Network(Vec::new()), path: PathBuf::new() };
        matches!(family, libc::AF_INET | libc::AF_INET6).then_some(call)
    }

    /// What stands behind a descriptor.
    fn file(&self, descriptor: u64) -> PathBuf {
        fs::read_link(format!("/proc/{}/fd/{descriptor}", self.thread)).unwrap_or_default()
    }

    /// Where the next write without an offset goes.
    fn position(&self, descriptor: u64, file: &Path) -> u64 {
        let facts =
            fs::read_to_string(format!("/proc/{}/fdinfo/{descriptor}", self.thread)).unwrap_or_default();
        let fact = |name: &str| facts.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let flags = fact("flags:").and_then(|flags| i32::from_str_radix(flags, 8).ok()).unwrap_or(0);
        if flags & libc::O_APPEND != 0 {
            return fs::metadata(file).map_or(0, |file| file.len());
        }
        fact("pos:").and_then(|position| position.parse().ok()).unwrap_or(0)
    }

    /// A name among the call's arguments, below the state directory.
    fn name_at(&self, directory: u64, pointer: u64) -> Option<PathBuf> {
        let name = PathBuf::from(String::from_utf8(self.text(pointer)).ok()?);
        let from = match directory as i32 {
            libc::AT_FDCWD => fs::read_link(format!("/proc/{}/cwd", self.thread)).ok()?,
            descriptor => self.file(descriptor as u64),
        };
        below(self.state, &from.join(name))
    }

    fn text(&self, pointer: u64) -> Vec<u8> {
        // A page at a time, for what lies beyond may not be readable.
        let mut text = Vec::new();
        while text.len() < 4096 {
            let at = pointer + text.len() as u64;
            let page = self.bytes(at, 4096 - at % 4096);
            match page.iter().position(|&byte| byte == 0) {
                Some(end) => return [text, page[..end].to_vec()].concat(),
                None if page.is_empty() => break,
                None => text.extend(page),
            }
        }
        text
    }

    fn bytes(&self, pointer: u64, length: u64) -> Vec<u8> {
        let mut bytes = vec![0; length as usize];
        let remote = [RemoteIoVec { base: pointer as usize, len: length as usize }];
        let read = process_vm_readv(self.thread, &mut [IoSliceMut::new(&mut bytes)], &remote).unwrap_or(0);
        bytes.truncate(read);
        bytes
    }

    fn vectors(&self, pointer: u64, count: u64) -> Vec<u8> {
        let table = self.bytes(pointer, 16 * count);
        let numbers: Vec<u64> =
            table.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect();
        numbers.chunks_exact(2).flat_map(|vector| self.bytes(vector[0], vector[1])).collect()
    }
}
