//! Opened personal data and keys stand in this process's memory: it is dumped into no file, and no other process of
//! the same user may look into it.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// From now on a crash leaves no core, neither as a file nor for a program that collects them.
///
/// # Errors
/// What the system says, which none that we know of does.
pub fn keep_memory_private() -> std::io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}
