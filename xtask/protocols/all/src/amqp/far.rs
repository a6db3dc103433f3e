//! The far end: a queue of readings, which a server empties, and one of commands.

use std::net::SocketAddr;

use anyhow::Context;
use futures_util::StreamExt;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use protocols::Service;

use super::{Queues, url};

/// A server at a broker that all share.
#[derive(Debug)]
pub struct Far {
    broker: SocketAddr,
    queues: Queues,
    _connection: Connection,
    channel: Channel,
    readings: Consumer,
}

impl Far {
    pub async fn start(broker: SocketAddr, queues: Queues) -> anyhow::Result<Self> {
        let settings = ConnectionProperties::default();
        let connection = Connection::connect(&url(broker), settings).await?;
        let channel = connection.create_channel().await?;
        for queue in [queues.readings(), queues.commands()] {
            let options = QueueDeclareOptions::default();
            channel
                .queue_declare(queue.clone().into(), options, FieldTable::default())
                .await?;
            // Of an earlier measurement.
            let options = QueuePurgeOptions::default();
            channel.queue_purge(queue.into(), options).await?;
        }
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let (queue, tag) = (queues.readings().into(), "server".into());
        let readings = channel
            .basic_consume(queue, tag, options, FieldTable::default())
            .await?;
        Ok(Self {
            broker,
            queues,
            _connection: connection,
            channel,
            readings,
        })
    }
}

impl Service for Far {
    fn address(&self) -> SocketAddr {
        self.broker
    }

    async fn arrived(&mut self) -> anyhow::Result<Vec<u8>> {
        let delivery = self.readings.next().await;
        Ok(delivery.context("the server has lost the broker")??.data)
    }

    async fn command(&mut self, command: &[u8]) -> anyhow::Result<()> {
        let (queue, options) = (
            self.queues.commands().into(),
            BasicPublishOptions::default(),
        );
        let properties = BasicProperties::default();
        self.channel
            .basic_publish("".into(), queue, options, command, properties)
            .await?;
        Ok(())
    }
}
