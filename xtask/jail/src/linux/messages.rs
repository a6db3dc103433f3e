//! What the processes inside tell the warden until the program starts.
//!
//! One JSON text a line; init's descriptors ride along with the first. The end of the stream means
//! that the program has started, since `exec` closes the inner end.

use std::fs::File;
use std::io::{self, IoSliceMut, Read, Write};
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Message {
    /// A process inside stands under its parent. Init's view of the namespaces comes with this one.
    Settled,
    /// A layer holds less than it could; the sentence is for the report.
    Reduced(String),
    /// The namespaces could not be set up. Nothing ran; the warden may try without.
    NoNamespaces(String),
    /// The jail could not be set up, and the program did not start.
    Failed(String),
}

/// Descriptors at most in one message; a jailed program talks to a broker and a board.
const MOST_DESCRIPTORS: usize = 16;

/// Descriptors of the namespaces that the warden uses outside.
pub(super) struct Inside {
    /// The process namespace's `/proc`.
    pub(super) processes: File,
    /// What listens in their network, for the warden to relay.
    pub(super) listeners: Vec<TcpListener>,
}

/// The end of the stream inside the jail.
pub(super) struct Sender(pub(super) UnixStream);

impl Sender {
    pub(super) fn send(&mut self, message: &Message) -> io::Result<()> {
        self.0.write_all(&line(message)?)
    }

    /// Sends `Settled` with what the warden needs of the namespaces.
    pub(super) fn settled(&mut self, inside: &Inside) -> io::Result<()> {
        let listeners = inside.listeners.iter().map(AsRawFd::as_raw_fd);
        let descriptors: Vec<RawFd> = [inside.processes.as_raw_fd()]
            .into_iter()
            .chain(listeners)
            .collect();
        let text = line(&Message::Settled)?;
        sendmsg::<()>(
            self.0.as_raw_fd(),
            &[io::IoSlice::new(&text)],
            &[ControlMessage::ScmRights(&descriptors)],
            MsgFlags::empty(),
            None,
        )?;
        Ok(())
    }
}

fn line(message: &Message) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(message)?;
    text.push(b'\n');
    Ok(text)
}

/// All that was said until the program started or its process ended, and what init handed out.
pub(super) fn receive(mut stream: UnixStream) -> io::Result<(Vec<Message>, Option<Inside>)> {
    let mut text = [0; 4096];
    let mut rights = nix::cmsg_space!([RawFd; MOST_DESCRIPTORS]);
    let mut descriptors = Vec::new();
    let read = {
        let mut parts = [IoSliceMut::new(&mut text)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(&mut rights), flags)?;
        for control in message.cmsgs()? {
            if let ControlMessageOwned::ScmRights(received) = control {
                descriptors.extend(received.into_iter().map(own));
            }
        }
        message.bytes
    };
    let mut said = text[..read].to_vec();
    stream.read_to_end(&mut said)?;
    let lines = said
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let messages = lines
        .map(serde_json::from_slice)
        .collect::<Result<_, _>>()?;
    let mut descriptors = descriptors.into_iter();
    let inside = descriptors.next().map(|processes| Inside {
        processes: processes.into(),
        listeners: descriptors.map(TcpListener::from).collect(),
    });
    Ok((messages, inside))
}

#[expect(
    unsafe_code,
    reason = "the kernel hands received descriptors over as numbers"
)]
fn own(descriptor: RawFd) -> OwnedFd {
    // SAFETY: the kernel has just made this descriptor for this process, and nobody else knows it.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_descriptors_arrive() {
        let (inner, outer) = UnixStream::pair().expect("a pair");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mut sender = Sender(inner);
        let inside = Inside {
            processes: File::open("/proc").expect("open"),
            listeners: vec![listener],
        };
        sender.settled(&inside).expect("sent");
        sender.send(&Message::Reduced("less".into())).expect("sent");
        drop((sender, inside));

        let (messages, inside) = receive(outer).expect("received");
        assert_eq!(
            messages,
            [Message::Settled, Message::Reduced("less".into())]
        );
        let inside = inside.expect("descriptors");
        assert!(inside.processes.metadata().expect("a folder").is_dir());
        assert_eq!(inside.listeners.len(), 1);
        assert_eq!(
            inside.listeners[0].local_addr().expect("an address"),
            address
        );
    }
}
