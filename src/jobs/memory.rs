//! Memory that is free goes back to the system. A report takes hundreds of megabytes for seconds, and the allocator would
//! keep much of it for the hours until the next.

/// Where the allocator is not glibc's, nothing is done.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` may be called at any time from any thread, and touches nothing but what is free.
    unsafe {
        libc::malloc_trim(0);
    }
}
