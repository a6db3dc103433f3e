//! AMQP 0-9-1, by lapin.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer};
use protocols::{Device, Listener, Protocol};

use super::{Answer, Far, Queues, url};

/// What the standard means by a good end (AMQP 0-9-1, section 1.1).
const REPLY_SUCCESS: u16 = 200;

/// With all its settings.
#[derive(Clone, Copy, Debug)]
pub struct Amqp091 {
    /// Where it is spoken.
    pub broker: SocketAddr,
    /// Nobody else's.
    pub queues: Queues,
    /// Publisher confirms, RabbitMQ's addition to the standard, and the acknowledgements of
    /// consumers.
    pub answer: Answer,
}

/// A device that sends.
#[derive(Debug)]
pub struct Sender {
    connection: Connection,
    channel: Channel,
    queue: String,
    answer: Answer,
}

/// A device that listens.
#[derive(Debug)]
pub struct Receiver {
    _connection: Connection,
    _channel: Channel,
    commands: Consumer,
    answer: Answer,
}

impl Amqp091 {
    async fn open(&self, server: SocketAddr) -> anyhow::Result<(Connection, Channel)> {
        let settings = ConnectionProperties::default();
        let connection = Connection::connect(&url(server), settings).await?;
        let channel = connection.create_channel().await?;
        Ok((connection, channel))
    }
}

impl Protocol for Amqp091 {
    type Service = Far;
    type Device = Sender;
    type Listener = Receiver;

    async fn serve(&self) -> anyhow::Result<Far> {
        Far::start(self.broker, self.queues).await
    }

    async fn connect(&self, server: SocketAddr) -> anyhow::Result<Sender> {
        let (connection, channel) = self.open(server).await?;
        if self.answer == Answer::Confirmed {
            channel
                .confirm_select(ConfirmSelectOptions::default())
                .await?;
        }
        Ok(Sender {
            connection,
            channel,
            queue: self.queues.readings(),
            answer: self.answer,
        })
    }

    async fn listen(&self, server: SocketAddr) -> anyhow::Result<Receiver> {
        let (connection, channel) = self.open(server).await?;
        let options = BasicConsumeOptions {
            no_ack: self.answer == Answer::None,
            ..BasicConsumeOptions::default()
        };
        let (queue, tag) = (self.queues.commands().into(), "device".into());
        let commands = channel
            .basic_consume(queue, tag, options, FieldTable::default())
            .await?;
        Ok(Receiver {
            _connection: connection,
            _channel: channel,
            commands,
            answer: self.answer,
        })
    }
}

impl Device for Sender {
    async fn send(&mut self, reading: &[u8]) -> anyhow::Result<()> {
        let (queue, options) = (self.queue.clone().into(), BasicPublishOptions::default());
        let properties = BasicProperties::default();
        let sent = self
            .channel
            .basic_publish("".into(), queue, options, reading, properties)
            .await?;
        let confirmation = sent.await?;
        if self.answer == Answer::Confirmed {
            ensure!(
                matches!(confirmation, Confirmation::Ack(_)),
                "the broker does not take the reading: {confirmation:?}"
            );
        }
        Ok(())
    }

    async fn close(self) -> anyhow::Result<()> {
        Ok(self.connection.close(REPLY_SUCCESS, "".into()).await?)
    }
}

impl Listener for Receiver {
    async fn command(&mut self) -> anyhow::Result<Vec<u8>> {
        let delivery = self.commands.next().await.context("no more commands")??;
        if self.answer == Answer::Confirmed {
            delivery.ack(BasicAckOptions::default()).await?;
        }
        Ok(delivery.data)
    }
}
