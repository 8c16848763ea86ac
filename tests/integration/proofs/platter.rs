//! A model of a disk, to see what may be left on it when the power goes.
//!
//! What lasts: a file's bytes up to its last fsync or fdatasync, a directory's names up to its own last fsync, and no
//! more. Of what came after, any part may have reached the disk, in any order, and the last write may be torn at
//! any byte. An fsync is taken to have done its work at its entry: what its thread does next comes after it anyway.
//! This is harsher than the file systems in use, which write a new file's name with the file.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;

use super::calls::{Call, Kind};

const ROOT: usize = 0;
const SECTOR: usize = 512;

#[derive(Clone)]
pub struct Platter {
    nodes: Vec<Node>,
}

#[derive(Clone)]
enum Node {
    File { lasting: Arc<Vec<u8>>, pending: Vec<Change> },
    Directory { lasting: Names, now: Names, pending: Vec<Naming> },
}

type Names = BTreeMap<String, usize>;

#[derive(Clone)]
enum Change {
    Write { offset: usize, bytes: Arc<Vec<u8>> },
    Truncate(usize),
}

/// One change of one directory's names, which is on the disk wholly or not at all.
#[derive(Clone)]
struct Naming {
    removed: Option<String>,
    set: Option<(String, usize)>,
}

impl Platter {
    /// What stands in a folder, all of it lasting.
    pub fn of(folder: &Path) -> Self {
        let mut platter = Self { nodes: vec![Node::directory()] };
        platter.take_in(ROOT, folder);
        platter
    }

    fn take_in(&mut self, directory: usize, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let node = if path.is_dir() { Node::directory() } else { Node::file(fs::read(&path).unwrap()) };
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let number = self.add(node);
            self.name(directory, Naming { removed: None, set: Some((name, number)) });
            if path.is_dir() {
                self.take_in(number, &path);
            }
        }
        self.sync(directory);
    }

    pub fn apply(&mut self, call: &Call) {
        let path = call.path.as_path();
        match &call.kind {
            Kind::Open { creates, truncates } => {
                if *creates && self.find(path).is_none() {
                    let file = self.add(Node::file(Vec::new()));
                    self.set(path, file);
                }
                if *truncates {
                    self.change(path, Change::Truncate(0));
                }
            }
            Kind::Write { offset, bytes } => {
                let change = Change::Write { offset: *offset as usize, bytes: Arc::new(bytes.clone()) };
                self.change(path, change);
            }
            Kind::Truncate(length) => self.change(path, Change::Truncate(*length as usize)),
            Kind::Sync => {
                let node = self.find(path).unwrap_or_else(|| panic!("{} was synced unseen", path.display()));
                self.sync(node);
            }
            Kind::Rename(to) => self.rename(path, to),
            Kind::Link(to) => {
                let node = self.find(path).expect("what is linked was seen");
                self.set(to, node);
            }
            Kind::Unlink => self.unset(path),
            Kind::MakeDirectory => {
                // It is tried before its parent is made, too, and fails.
                let has_place = path.parent().is_some_and(|parent| self.find(parent).is_some());
                if has_place && self.find(path).is_none() {
                    let directory = self.add(Node::directory());
                    self.set(path, directory);
                }
            }
            Kind::Mode | Kind::Network(_) | Kind::Said => {}
            Kind::Unknown(number) => panic!("the model does not know the syscall {number}"),
        }
    }

    /// What the power cut leaves, by chance, written into `folder`.
    pub fn cut(&self, random: &mut Rng, folder: &Path) {
        self.leave(ROOT, random, folder);
    }

    fn leave(&self, directory: usize, random: &mut Rng, folder: &Path) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).unwrap();
        let Node::Directory { lasting, pending, .. } = &self.nodes[directory] else { unreachable!() };
        let mut names = lasting.clone();
        for naming in some_of(pending, random) {
            naming.clone().apply(&mut names);
        }
        for (name, &number) in &names {
            let path = folder.join(name);
            match &self.nodes[number] {
                Node::Directory { .. } => self.leave(number, random, &path),
                // The index of the write-ahead log is a mapping, of which anything may be left.
                Node::File { .. } if name.ends_with("-shm") => {
                    if random.bool() {
                        write(
                            &path,
                            &std::iter::repeat_with(|| random.u8(..)).take(32768).collect::<Vec<_>>(),
                        );
                    }
                }
                Node::File { lasting, pending } => write(&path, &left_of(lasting, pending, random)),
            }
        }
    }

    fn rename(&mut self, from: &Path, to: &Path) {
        let node = self.find(from).unwrap_or_else(|| panic!("{} was renamed unseen", from.display()));
        let (old, new) = (self.place(from), self.place(to));
        if old.0 == new.0 {
            self.name(old.0, Naming { removed: Some(old.1), set: Some((new.1, node)) });
        } else {
            self.set(to, node);
            self.unset(from);
        }
    }

    fn set(&mut self, path: &Path, node: usize) {
        let (directory, name) = self.place(path);
        self.name(directory, Naming { removed: None, set: Some((name, node)) });
    }

    fn unset(&mut self, path: &Path) {
        // What failed because there is nothing changed nothing.
        if self.find(path).is_some() {
            let (directory, name) = self.place(path);
            self.name(directory, Naming { removed: Some(name), set: None });
        }
    }

    fn name(&mut self, directory: usize, naming: Naming) {
        let Node::Directory { now, pending, .. } = &mut self.nodes[directory] else { panic!("no directory") };
        naming.clone().apply(now);
        pending.push(naming);
    }

    fn change(&mut self, path: &Path, change: Change) {
        // A file that has no name any more is on no disk after the cut.
        let Some(node) = self.find(path) else {
            return assert!(path.to_string_lossy().ends_with("(deleted)"), "{} unseen", path.display());
        };
        let Node::File { pending, .. } = &mut self.nodes[node] else { panic!("a directory is written to") };
        pending.push(change);
    }

    fn sync(&mut self, node: usize) {
        match &mut self.nodes[node] {
            Node::File { lasting, pending } => {
                if !pending.is_empty() {
                    let bytes = Arc::make_mut(lasting);
                    pending.drain(..).for_each(|change| change.apply(bytes));
                }
            }
            Node::Directory { lasting, now, pending } => {
                lasting.clone_from(now);
                pending.clear();
            }
        }
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The node of a path's directory, and the path's last name.
    fn place(&self, path: &Path) -> (usize, String) {
        let directory = path.parent().and_then(|parent| self.find(parent));
        let directory = directory.unwrap_or_else(|| panic!("{} is in no known directory", path.display()));
        (directory, path.file_name().unwrap().to_str().unwrap().to_owned())
    }

    fn find(&self, path: &Path) -> Option<usize> {
        path.iter().try_fold(ROOT, |node, name| match &self.nodes[node] {
            Node::Directory { now, .. } => now.get(name.to_str()?).copied(),
            Node::File { .. } => None,
        })
    }
}

impl Node {
    fn directory() -> Self {
        Self::Directory { lasting: Names::new(), now: Names::new(), pending: Vec::new() }
    }

    fn file(bytes: Vec<u8>) -> Self {
        Self::File { lasting: Arc::new(bytes), pending: Vec::new() }
    }
}

impl Naming {
    fn apply(self, names: &mut Names) {
        if let Some(removed) = self.removed {
            names.remove(&removed);
        }
        names.extend(self.set);
    }
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Truncate(length) => file.resize(*length, 0),
            Self::Write { offset, bytes } => {
                let end = offset + bytes.len();
                file.resize(file.len().max(end), 0);
                file[*offset..end].copy_from_slice(bytes);
            }
        }
    }

    /// Its beginning, as far as it came.
    fn torn(&self, random: &mut Rng) -> Self {
        match self {
            Self::Truncate(length) => Self::Truncate(*length),
            Self::Write { offset, bytes } => {
                let kept = random.usize(0..=bytes.len());
                let kept = if random.bool() { kept } else { kept / SECTOR * SECTOR };
                Self::Write { offset: *offset, bytes: Arc::new(bytes[..kept].to_vec()) }
            }
        }
    }
}

/// The first few, or any few, in their order.
fn some_of<'a, T>(all: &'a [T], random: &mut Rng) -> Vec<&'a T> {
    if random.bool() {
        return all.iter().take(random.usize(0..=all.len())).collect();
    }
    all.iter().filter(|_| random.bool()).collect()
}

fn left_of(lasting: &[u8], pending: &[Change], random: &mut Rng) -> Vec<u8> {
    let mut bytes = lasting.to_vec();
    let kept = some_of(pending, random);
    if let Some((last, before)) = kept.split_last() {
        before.iter().for_each(|change| change.apply(&mut bytes));
        last.torn(random).apply(&mut bytes);
    }
    bytes
}

fn write(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    let mut file =
        fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}
