//! AMQP 1.0, by fe2o3-amqp.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::definitions::SenderSettleMode;
use fe2o3_amqp::types::messaging::{Body, Data};
use fe2o3_amqp::types::primitives::{Binary, Value};
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use protocols::{Device, Listener, Protocol};
use tokio::time::timeout;

use super::{Answer, Far, Queues, url};

/// How long the broker may take to close what it has closed already: RabbitMQ 3 answers in another
/// way than was asked (rabbitmq-server, issue 2594).
const GOODBYE: Duration = Duration::from_secs(2);

/// With all its settings.
#[derive(Clone, Copy, Debug)]
pub struct Amqp1 {
    /// Where it is spoken.
    pub broker: SocketAddr,
    /// Nobody else's.
    pub queues: Queues,
    /// Whether messages are settled only when the other side says so.
    pub answer: Answer,
}

/// A device.
#[derive(Debug)]
pub struct Client<Link> {
    connection: ConnectionHandle<()>,
    session: SessionHandle<()>,
    link: Link,
    answer: Answer,
}

impl Amqp1 {
    async fn open(
        &self,
        server: SocketAddr,
    ) -> anyhow::Result<(ConnectionHandle<()>, SessionHandle<()>)> {
        let mut connection = Connection::open("d1nightlight", &*url(server)).await?;
        let session = Session::begin(&mut connection).await?;
        Ok((connection, session))
    }
}

/// How RabbitMQ 3 addresses a queue that is there.
fn address(queue: &str) -> String {
    format!("/amq/queue/{queue}")
}

impl Protocol for Amqp1 {
    type Service = Far;
    type Device = Client<Sender>;
    type Listener = Client<Receiver>;

    async fn serve(&self) -> anyhow::Result<Far> {
        Far::start(self.broker, self.queues).await
    }

    async fn connect(&self, server: SocketAddr) -> anyhow::Result<Client<Sender>> {
        let (connection, mut session) = self.open(server).await?;
        let link = Sender::builder()
            .name("readings")
            .target(address(&self.queues.readings()))
            .sender_settle_mode(match self.answer {
                Answer::Confirmed => SenderSettleMode::Unsettled,
                Answer::None => SenderSettleMode::Settled,
            })
            .attach(&mut session)
            .await?;
        Ok(Client {
            connection,
            session,
            link,
            answer: self.answer,
        })
    }

    async fn listen(&self, server: SocketAddr) -> anyhow::Result<Client<Receiver>> {
        let (connection, mut session) = self.open(server).await?;
        let link = Receiver::builder()
            .name("commands")
            .source(address(&self.queues.commands()))
            .sender_settle_mode(match self.answer {
                Answer::Confirmed => SenderSettleMode::Unsettled,
                Answer::None => SenderSettleMode::Settled,
            })
            .attach(&mut session)
            .await?;
        Ok(Client {
            connection,
            session,
            link,
            answer: self.answer,
        })
    }
}

impl Device for Client<Sender> {
    async fn send(&mut self, reading: &[u8]) -> anyhow::Result<()> {
        let body = Data(Binary::from(reading.to_vec()));
        let outcome = self.link.send(body).await?;
        ensure!(
            outcome.is_accepted(),
            "the broker does not take the reading: {outcome:?}"
        );
        Ok(())
    }

    async fn close(self) -> anyhow::Result<()> {
        let Self {
            mut connection,
            mut session,
            link,
            ..
        } = self;
        let _ = timeout(GOODBYE, link.close()).await;
        let _ = timeout(GOODBYE, session.end()).await;
        let _ = timeout(GOODBYE, connection.close()).await;
        Ok(())
    }
}

impl Listener for Client<Receiver> {
    async fn command(&mut self) -> anyhow::Result<Vec<u8>> {
        let delivery = self.link.recv::<Body<Value>>().await?;
        if self.answer == Answer::Confirmed {
            self.link.accept(&delivery).await?;
        }
        let data = delivery.into_body().try_into_data();
        let mut parts = data.ok().context("a command that is no data")?;
        let first = parts.next().context("a command without data")?;
        Ok(first.into_vec())
    }
}
