//! Who asks, and what its role lets it do.

/// What somebody may do. Each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Works with leads.
    Sales,
    /// Changes playbooks and sends.
    Marketer,
    /// Everything: keys, people, settings.
    Owner,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Sales, Role::Marketer, Role::Owner];

    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Sales => "sales",
            Role::Marketer => "marketer",
            Role::Owner => "owner",
        }
    }
}

const COMMAND_LINE: &str = "command line (";
/// What the server does by itself, such as pausing what cannot go on, is noted as done by this one.
const SENDER: &str = "sender";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// For the audit: `user:3`, `key:2`, `command line (ada)`.
    pub who: String,
    pub role: Role,
}

impl Actor {
    /// Whoever may read the data folder owns what is in it.
    pub fn command_line(user: &str) -> Actor {
        Actor { who: format!("{COMMAND_LINE}{user})"), role: Role::Owner }
    }

    /// The sender of e-mails, where it decides without a person.
    pub fn sender() -> Actor {
        Actor { who: SENDER.to_owned(), role: Role::Owner }
    }

    /// Whether a command asks: it has all rights, and no address.
    pub fn is_command_line(&self) -> bool {
        self.who.starts_with(COMMAND_LINE)
    }
}
