//! The settings of each learner.

use std::path::PathBuf;

use crate::certificates::AUTHORITY;
use crate::folder::Folder;
use crate::passwords::Passwords;
use crate::place::Place;
use crate::roster::{Roster, TEACHER};

/// The settings that are written to files and printed.
#[derive(Debug)]
pub struct Instructions {
    /// Id and broker URL of each learner.
    learners: Vec<(String, String)>,
    teacher: String,
    authority: PathBuf,
    folder: PathBuf,
    place: String,
    open: bool,
}

impl Instructions {
    /// Writes each learner's `nightlight.toml`, and the authority's certificate beside it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(
        folder: &Folder,
        place: &Place,
        roster: &Roster,
        passwords: &Passwords,
    ) -> anyhow::Result<Self> {
        let url = |user: &str| {
            let password = passwords.of(user);
            format!("mqtts://{user}:{password}@{}", place.host_and_port())
        };
        let certificate = folder.read(AUTHORITY)?.unwrap_or_default();
        let mut learners = Vec::new();
        for id in roster.learners() {
            let broker = url(id);
            let settings =
                format!("id = \"{id}\"\nbroker = \"{broker}\"\nbroker_ca = \"{AUTHORITY}\"\n");
            folder.write(&format!("learners/{id}/nightlight.toml"), &settings)?;
            folder.write(&format!("learners/{id}/{AUTHORITY}"), &certificate)?;
            learners.push((id.to_owned(), broker));
        }
        Ok(Self {
            learners,
            teacher: url(TEACHER),
            authority: folder.path(AUTHORITY),
            folder: folder.path("learners"),
            place: place.host_and_port(),
            open: place.is_open_to_the_network(),
        })
    }

    /// For the terminal: passwords included, because somebody has to hand them out.
    pub fn words(&self) -> String {
        let mut words = format!(
            "A broker for the room listens on mqtts://{}. Everybody needs the file\n  {}\n\n",
            self.place,
            self.authority.display()
        );
        for (id, broker) in &self.learners {
            words += &format!("NIGHTLIGHT_ID={id}\n  NIGHTLIGHT_BROKER={broker}\n");
        }
        words += &format!(
            "\nand all of them NIGHTLIGHT_BROKER_CA=<where that file is>. The same is in\n  \
             {}/<id>/\n\
             ready to be copied into the folder of each learner's kit. Programs then run with\n  \
             cargo run -p <package> --features tls\n\n\
             Everybody reads and writes below their own id only. For the projector, {TEACHER} \
             hears all:\n  {}\n",
            self.folder.display(),
            self.teacher
        );
        words += if self.open {
            "\nEverybody in your network can try to log in.\n"
        } else {
            "\nOnly this computer can reach it; `--listen ADDRESS` lets others in.\n"
        };
        words += "A restart with the same folder keeps the passwords. Ctrl-C ends it.\n";
        words
    }
}
