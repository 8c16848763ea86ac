//! `[roles]`: who of this machine's users may do what.
//!
//! Names are looked up when somebody asks, not when the settings are loaded: the machine's users are not a part of the
//! configuration. A name that nobody has is a problem to tell, and gives the role to nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use nix::unistd::{Group, User};

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
    pub uids: BTreeMap<Role, BTreeSet<u32>>,
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
            match uids_of(holder, &users) {
                Ok(uids) => held.uids.entry(role).or_default().extend(uids),
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

fn uids_of(holder: &Holder, users: &str) -> Result<BTreeSet<u32>, String> {
    match holder {
        Holder::Uid(uid) => Ok(BTreeSet::from([*uid])),
        Holder::User(name) => match User::from_name(name) {
            Ok(Some(user)) => Ok(BTreeSet::from([user.uid.as_raw()])),
            Ok(None) => Err(format!("this machine has no user `{name}`")),
            Err(error) => Err(format!("the user `{name}` cannot be looked up: {error}")),
        },
        Holder::Group(name) => match Group::from_name(name) {
            Ok(Some(group)) => {
                let mut uids = primary_members(users, group.gid.as_raw());
                let members = group.mem.iter().filter_map(|member| User::from_name(member).ok().flatten());
                uids.extend(members.map(|member| member.uid.as_raw()));
                Ok(uids)
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
        assert_eq!(uids_of(&Holder::User("root".into()), ""), Ok(BTreeSet::from([0])));
        assert_eq!(
            uids_of(&Holder::Uid(4711), ""),
            Ok(BTreeSet::from([4711])),
            "of a number nobody is asked"
        );
        let nobody = uids_of(&Holder::User("khong-ai".into()), "").unwrap_err();
        assert!(nobody.contains("no user `khong-ai`"), "{nobody}");
        assert!(uids_of(&Holder::Group("khong-co".into()), "").is_err());
        let users = "root:x:0:0:::\n";
        assert!(uids_of(&Holder::Group("root".into()), users).unwrap().contains(&0));
    }
}
