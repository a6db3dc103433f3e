//! Who may connect to the embedded broker, and who may say and hear what.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;

use super::gossip::Teller;

/// What a broker lets its clients do. By default everything, and nobody is asked for a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    users: BTreeMap<String, String>,
    unauthorized: bool,
    denied: Vec<(String, Act, String)>,
}

/// What can be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The broker answers the SUBSCRIBE with 0x80 for that filter.
    Subscribe,
    /// The broker drops the message, and acknowledges it all the same: MQTT 3.1.1 has no way to
    /// say it.
    Publish,
}

impl Access {
    /// A user with a password. From the first one on, nobody else gets in.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.insert(name.to_owned(), password.to_owned());
        self
    }

    /// A wrong password is answered as "not authorized" (CONNACK 5), as Mosquitto does, and not as
    /// "bad user name or password" (CONNACK 4).
    #[must_use]
    pub fn unauthorized(mut self) -> Self {
        self.unauthorized = true;
        self
    }

    /// What this user may not do with a topic or a filter, which is compared as it is written. Where
    /// nobody is asked for a name, all are the user without one.
    #[must_use]
    pub fn deny(mut self, user: &str, act: Act, topic: &str) -> Self {
        self.denied.push((user.to_owned(), act, topic.to_owned()));
        self
    }

    /// The same for everybody, in the lines of Mosquitto's `acl_file`. There a topic is denied both
    /// ways: a SUBSCRIBE is granted, and nothing arrives.
    pub(super) fn acl(&self) -> String {
        let denied = self.denied.iter().filter(|(who, ..)| who.is_empty());
        let denied = denied.map(|(.., topic)| format!("topic deny {topic}\n"));
        denied.chain(["topic readwrite #\n".to_owned()]).collect()
    }

    fn answer(&self, connect: &ConnectPacket) -> AuthResult {
        if self.users.is_empty() {
            return AuthResult::success();
        }
        let name = connect.username.as_deref().unwrap_or_default();
        let password = connect.password.as_deref().unwrap_or_default();
        match self.users.get(name) {
            Some(known) if known.as_bytes() == password => AuthResult::success_with_user(name),
            _ if self.unauthorized => AuthResult::fail(ReasonCode::NotAuthorized),
            _ => AuthResult::fail(ReasonCode::BadUsernameOrPassword),
        }
    }

    fn grants(&self, user: Option<&str>, act: Act, topic: &str) -> bool {
        let denied = self.denied.iter().any(|(who, what, where_)| {
            who == user.unwrap_or_default() && *what == act && where_ == topic
        });
        !denied
    }
}

/// Asks the broker's [`Access`], which may change while it runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Porter {
    access: Arc<RwLock<Access>>,
    /// Who wants to know who comes.
    teller: Option<Arc<Teller>>,
}

impl Porter {
    pub(super) fn new(access: Access, teller: Option<Arc<Teller>>) -> Self {
        Self {
            access: Arc::new(RwLock::new(access)),
            teller,
        }
    }

    pub(super) fn change(&self, access: Access) {
        *self.access.write().unwrap_or_else(PoisonError::into_inner) = access;
    }

    pub(super) fn access(&self) -> Access {
        self.ask(Access::clone)
    }

    fn ask<T>(&self, question: impl FnOnce(&Access) -> T) -> T {
        question(&self.access.read().unwrap_or_else(PoisonError::into_inner))
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl AuthProvider for Porter {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _: SocketAddr,
    ) -> Answer<'a, mqtt5::error::Result<AuthResult>> {
        if let Some(teller) = &self.teller {
            teller.comes(&connect.client_id);
        }
        let answer = self.ask(|access| access.answer(connect));
        Box::pin(async { Ok(answer) })
    }

    fn authorize_publish<'a>(
        &'a self,
        _: &str,
        user: Option<&'a str>,
        topic: &'a str,
    ) -> Answer<'a, bool> {
        let granted = self.ask(|access| access.grants(user, Act::Publish, topic));
        Box::pin(async move { granted })
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _: &str,
        user: Option<&'a str>,
        filter: &'a str,
    ) -> Answer<'a, bool> {
        let granted = self.ask(|access| access.grants(user, Act::Subscribe, filter));
        Box::pin(async move { granted })
    }
}
