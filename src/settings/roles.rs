//! `[roles]`: who of this machine's users may do what.
//!
//! Names are looked up when somebody asks, not when the settings are loaded: the machine's users are not a part of the
//! configuration. A name that nobody has is a problem to tell, and gives the role to nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::fmt;

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};

use super::field::Field;
use super::node::Value;
use super::problem::Problem;
use super::section::Section;
use super::shop::Settings;
use crate::domain::role::Role;

/// Somebody, or a group of people, as the machine knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    Uid(u32),
    User(String),
    /// Its members, and those whose primary group it is.
    Group(String),
}

/// As configured.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(f, "{uid}"),
            Self::User(name) => f.write_str(name),
            Self::Group(name) => write!(f, "@{name}"),
        }
    }
}

/// Whom the configuration gives each role.
pub type Roles = BTreeMap<Role, Vec<Holder>>;

/// Who holds the roles, as far as the machine knows them.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Users named as such.
    pub uids: BTreeMap<Role, BTreeSet<u32>>,
    /// Groups; who is in one is looked up whenever somebody asks.
    pub gids: BTreeMap<Role, BTreeSet<u32>>,
    /// Users, by themselves or by a group, as the machine knows them now: to be shown, not to be decided by.
    pub members: BTreeMap<Role, BTreeSet<u32>>,
    /// Names that nobody has.
    pub problems: Vec<Problem>,
}

pub(super) fn read(section: &mut Section<'_>) -> Option<Roles> {
    let lists = Role::ALL
        .map(|role| (role, section.required(role.as_str(), |field| field.list(|entry| holder(&entry)))));
    lists.into_iter().map(|(role, holders)| Some((role, holders?))).collect()
}

fn holder(field: &Field<'_>) -> Option<Holder> {
    if matches!(field.node.value, Value::Integer(_)) {
        return field
            .integer(0..=i64::from(u32::MAX))
            .and_then(|uid| u32::try_from(uid).ok())
            .map(Holder::Uid);
    }
    let text = field.line()?;
    let (name, of): (&str, fn(String) -> Holder) = match text.strip_prefix('@') {
        Some(group) => (group, Holder::Group),
        None => (&text, Holder::User),
    };
    if name.is_empty() || name.contains([' ', ':', '/', ',']) {
        return field.wrong(
            "is not the name of a user or a group",
            r#"write "lan", "@cskh" (a group) or 1001 (a uid)"#,
        );
    }
    Some(
        name.parse().ok().filter(|_| !text.starts_with('@')).map_or_else(|| of(name.to_owned()), Holder::Uid),
    )
}

/// Looks everybody up who is named in `[roles]`.
pub fn held(settings: &Settings) -> Held {
    let mut held = Held::default();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    for (&role, holders) in &settings.roles {
        for (index, holder) in holders.iter().enumerate() {
            match ids_of(holder, &users) {
                Ok(Ids { gid, uids }) => {
                    held.members.entry(role).or_default().extend(&uids);
                    match gid {
                        Some(gid) => _ = held.gids.entry(role).or_default().insert(gid),
                        None => held.uids.entry(role).or_default().extend(uids),
                    }
                }
                Err(what) => {
                    let remedy = "correct the name, or take it out; until then it gives the role to nobody";
                    held.problems.push(settings.problem(
                        &format!("roles.{role}[{}]", index + 1),
                        what,
                        remedy,
                    ));
                }
            }
        }
    }
    held
}

/// Every group that a user is in: the one that the kernel names with the call, and those of the machine's own list, as
/// it stands now.
pub fn groups_of(uid: u32, gid: u32) -> BTreeSet<u32> {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let listed = user.and_then(|user| getgrouplist(&CString::new(user.name).ok()?, user.gid).ok());
    listed.unwrap_or_default().into_iter().map(Gid::as_raw).chain([gid]).collect()
}

/// Whom a name stands for.
#[derive(Debug, PartialEq, Eq)]
struct Ids {
    /// `None`: it is no group.
    gid: Option<u32>,
    uids: BTreeSet<u32>,
}

impl Ids {
    fn user(uid: u32) -> Self {
        Self { gid: None, uids: BTreeSet::from([uid]) }
    }
}

fn ids_of(holder: &Holder, users: &str) -> Result<Ids, String> {
    match holder {
        Holder::Uid(uid) => Ok(Ids::user(*uid)),
        Holder::User(name) => match User::from_name(name) {
            Ok(Some(user)) => Ok(Ids::user(user.uid.as_raw())),
            Ok(None) => Err(format!("this machine has no user `{name}`")),
            Err(error) => Err(format!("the user `{name}` cannot be looked up: {error}")),
        },
        Holder::Group(name) => match Group::from_name(name) {
            Ok(Some(group)) => {
                let mut uids = primary_members(users, group.gid.as_raw());
                let members = group.mem.iter().filter_map(|member| User::from_name(member).ok().flatten());
                uids.extend(members.map(|member| member.uid.as_raw()));
                Ok(Ids { gid: Some(group.gid.as_raw()), uids })
            }
            Ok(None) => Err(format!("this machine has no group `{name}`")),
            Err(error) => Err(format!("the group `{name}` cannot be looked up: {error}")),
        },
    }
}

/// Those whose primary group it is. Groups do not name them, and no look-up does: they are read from `/etc/passwd`.
fn primary_members(users: &str, gid: u32) -> BTreeSet<u32> {
    let uid = |line: &str| {
        let mut fields = line.split(':').skip(2);
        let (uid, group) = (fields.next()?, fields.next()?);
        (group.parse() == Ok(gid)).then(|| uid.parse().ok()).flatten()
    };
    users.lines().filter_map(uid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_primary_group_has_its_users() {
        let users =
            "root:x:0:0:root:/root:/bin/bash\nlan:x:1001:50::/home/lan:/bin/sh\nminh:x:1002:50:::\nbad\n";
        assert_eq!(primary_members(users, 50), BTreeSet::from([1001, 1002]));
        assert_eq!(primary_members(users, 51), BTreeSet::new());
    }

    #[test]
    fn names_are_looked_up_on_this_machine() {
        assert_eq!(ids_of(&Holder::User("root".into()), ""), Ok(Ids::user(0)));
        assert_eq!(ids_of(&Holder::Uid(4711), ""), Ok(Ids::user(4711)), "of a number nobody is asked");
        let nobody = ids_of(&Holder::User("khong-ai".into()), "").unwrap_err();
        assert!(nobody.contains("no user `khong-ai`"), "{nobody}");
        assert!(ids_of(&Holder::Group("khong-co".into()), "").is_err());
        let users = "root:x:0:0:::\n";
        let group = ids_of(&Holder::Group("root".into()), users).unwrap();
        assert!(group.gid == Some(0) && group.uids.contains(&0));
        assert!(groups_of(0, 4711).is_superset(&BTreeSet::from([0, 4711])));
        assert_eq!(groups_of(4_000_000_000, 12), BTreeSet::from([12]), "of a stranger the kernel's alone");
    }
}
