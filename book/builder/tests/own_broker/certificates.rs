//! The chapter about certificates by hand, followed line by line in a folder of its own.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Instant;

use crate::machine::{PATIENCE, PAUSE, free_port, mosquitto, open_folder};

/// The port that the chapter writes.
const PORT: &str = "8883";

/// A folder in which somebody does what the chapter says.
struct Reader {
    folder: tempfile::TempDir,
    chapter: String,
    port: String,
}

impl Reader {
    fn new() -> Self {
        let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/certificates.md");
        Self {
            folder: open_folder(),
            chapter: fs::read_to_string(chapter).unwrap(),
            port: free_port().to_string(),
        }
    }

    /// The code blocks in this language.
    fn blocks(&self, language: &str) -> Vec<String> {
        let begin = format!("```{language}\n");
        let rests = self.chapter.split(&begin).skip(1);
        let blocks = rests.map(|rest| rest.split_once("```").unwrap().0);
        blocks
            .map(|block| block.replace(PORT, &self.port))
            .collect()
    }

    /// Writes the block that begins so and has this in it.
    fn write(&self, name: &str, begins: &str, has: &str) {
        let is_meant = |block: &String| block.starts_with(begins) && block.contains(has);
        let block = self.blocks("text").into_iter().find(is_meant);
        let mut block = block.unwrap_or_else(|| panic!("the chapter has no {name}"));
        if name.ends_with(".conf") && is_root() {
            // It would become a user who may not read the folder.
            block.push_str("user root\n");
        }
        fs::write(self.folder.path().join(name), block).unwrap();
    }

    /// A line of the shell's, as it stands in the chapter.
    fn run(&self, line: &str) -> Output {
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", line]).current_dir(self.folder.path());
        shell.stdin(Stdio::null()).output().unwrap()
    }

    fn lines(&self, program: &str) -> Vec<String> {
        let blocks = self.blocks("sh");
        let lines = blocks.iter().flat_map(|block| block.lines());
        lines
            .filter(|line| line.split(' ').next() == Some(program))
            .map(str::to_owned)
            .collect()
    }

    fn start(&self, program: &Path, configuration: &str) -> Broker {
        let child = Command::new(program)
            .args(["-c", configuration])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut broker = Broker(child);
        let start = Instant::now();
        while TcpStream::connect(format!("127.0.0.1:{}", self.port)).is_err() {
            let ended = broker.0.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "{configuration}: Mosquitto ended: {ended:?}"
            );
            assert!(
                start.elapsed() < PATIENCE,
                "{configuration}: it does not listen"
            );
            thread::sleep(PAUSE);
        }
        broker
    }
}

struct Broker(Child);

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

#[test]
fn whoever_follows_the_chapter_has_a_broker_that_tells_its_friends() {
    let Some(program) = mosquitto() else {
        return;
    };
    let reader = Reader::new();
    reader.write("broker.ext", "subjectAltName", "serverAuth");
    reader.write("client.ext", "extendedKeyUsage", "clientAuth");
    reader.write("rights", "user device", "user server");
    reader.write("secure.conf", "listener", "password_file");
    reader.write("clients.conf", "listener", "require_certificate");
    for line in reader.lines("openssl") {
        let output = reader.run(&line);
        assert!(output.status.success(), "{line}: {output:?}");
    }
    for line in reader.lines("mosquitto_passwd") {
        // As the chapter does, but that nobody types.
        let line = line.replacen("mosquitto_passwd", "mosquitto_passwd -b", 1) + " secret";
        assert!(reader.run(&line).status.success(), "{line}");
    }
    let [tell, tell_as_a_client] = reader.lines("mosquitto_pub").try_into().expect("two");
    let [hear] = reader.lines("mosquitto_sub").try_into().expect("one");

    let broker = reader.start(&program, "secure.conf");
    assert_eq!(
        heard(&reader, &hear, &[&tell]),
        "ada-5f2c81/telemetry {\"light\":299}\n"
    );
    // What is forbidden vanishes without a word; what the device may read comes.
    let forged = tell
        .replace("telemetry", "commands")
        .replace("light\":299", "led_on\":false");
    let command = forged.replace("device", "server").replace("false", "true");
    let all = hear.replace("server", "device").replace("telemetry", "#");
    let command_alone = "ada-5f2c81/commands {\"led_on\":true}\n";
    assert_eq!(
        heard(&reader, &all, &[&tell, &forged, &command]),
        command_alone
    );
    for stranger in [
        tell.replace(" --cafile authority.pem", ""),
        tell.replace("-h localhost", "-h 127.0.0.2"),
        tell.replace("secret", "guess"),
    ] {
        assert!(!reader.run(&stranger).status.success(), "{stranger}");
    }
    drop(broker);

    let _broker = reader.start(&program, "clients.conf");
    let tell_as_a_client = tell_as_a_client + " -q 1";
    assert!(reader.run(&tell_as_a_client).status.success());
    let without = tell_as_a_client.replace(" --cert device.pem --key device.key", "");
    assert!(!reader.run(&without).status.success());
}

/// The first message that whoever runs `hear` gets, while these lines are run again and again.
fn heard(reader: &Reader, hear: &str, lines: &[&str]) -> String {
    let listener = Command::new("sh")
        .args(["-c", &format!("exec {hear} -C 1")])
        .current_dir(reader.folder.path())
        .stdout(Stdio::piped())
        .spawn();
    let mut listener = listener.unwrap();
    let start = Instant::now();
    while listener.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE, "nothing comes: {hear}");
        for line in lines {
            assert!(reader.run(line).status.success(), "{line}");
        }
    }
    let output = listener.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
