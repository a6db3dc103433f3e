//! Step 7's answers, held against QoS 1 and kept sessions: what the guide's table says can be seen
//! again, in fewer outages. How much is lost is chance; that something is, is not.

use std::fs;

use anyhow::ensure;
use arena::broker::BrokerChoice;
use checks::corpus::with_qos_1;
use checks::play::play_outages;
use checks::scenario::{ReadingsTally, Weather};
use libtest_mimic::Trial;

use super::{play, root, stage, test};

/// So many at a time, as often as it takes, but not more often than that.
const OUTAGES: usize = 25;
const TIMES: u64 = 16;

pub fn tests() -> Vec<Trial> {
    vec![
        play("comparison qos-1".to_owned(), qos_1),
        test("comparison table".to_owned(), table),
    ]
}

/// It loses, and shows twice.
async fn qos_1() -> anyhow::Result<()> {
    let program = with_qos_1(&root()?)?;
    let built = stage().await?.compile(&program).await?;
    let mut sum = ReadingsTally::default();
    for seed in 1..=TIMES {
        let weather = Weather {
            outages: OUTAGES,
            kills: seed % 2 == 1,
        };
        let (step, broker) = (program.step, BrokerChoice::Embedded);
        sum.add(&play_outages(step, &built, seed, &broker, weather).await?);
        if sum.lost > 0 && sum.doubled > 0 {
            return Ok(());
        }
    }
    ensure!(sum.lost > 0, "the guide says that QoS 1 loses: {sum}");
    ensure!(sum.doubled > 0, "the guide says that it doubles: {sum}");
    Ok(())
}

/// Its numbers add up: what was sent was shown or is lost, and this step's own are zero.
fn table() -> anyhow::Result<()> {
    let table = fs::read_to_string(root()?.join("xtask/transcripts/qos-1.snap"))?;
    let rows = table.lines().filter_map(Row::read).collect::<Vec<_>>();
    ensure!(rows.len() > 1, "no numbers in the table: {table}");
    for row in rows {
        let Row { name, numbers } = &row;
        let [sent, shown, lost, again, disordered] = numbers;
        ensure!(*sent == shown + lost, "{name}: {numbers:?}");
        let is_right = lost + again + disordered == 0;
        ensure!(
            is_right == name.starts_with("this step"),
            "{name}: {numbers:?}"
        );
    }
    Ok(())
}

struct Row<'a> {
    name: &'a str,
    numbers: [usize; 5],
}

impl<'a> Row<'a> {
    /// Nothing, where no numbers are in it.
    fn read(line: &'a str) -> Option<Self> {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let name = cells.next()?;
        let numbers = cells.map(|cell| cell.replace(',', "").parse().ok());
        let numbers: Vec<usize> = numbers.collect::<Option<_>>()?;
        let numbers = numbers.try_into().ok()?;
        Some(Self { name, numbers })
    }
}
