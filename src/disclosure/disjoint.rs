//! Sets that grow together (union by the smaller number, with path halving).

pub(super) struct DisjointSets(Vec<u32>);

impl DisjointSets {
    pub fn new(size: usize) -> Self {
        Self((0..size as u32).collect())
    }

    /// The same for all members of a set.
    pub fn root(&mut self, mut member: u32) -> u32 {
        while self.0[member as usize] != member {
            self.0[member as usize] = self.0[self.0[member as usize] as usize];
            member = self.0[member as usize];
        }
        member
    }

    pub fn join(&mut self, mut members: impl Iterator<Item = u32>) {
        let Some(first) = members.next() else { return };
        for member in members {
            let (a, b) = (self.root(first), self.root(member));
            self.0[a.max(b) as usize] = a.min(b);
        }
    }
}
