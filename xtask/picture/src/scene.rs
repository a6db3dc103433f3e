//! What happened in one scene, in order.

use course::transcript::{self, Section};

/// Whose lines say what is free choice, or chance.
const CONSOLE: &str = "console";

/// One scene of a run.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub title: &'a str,
    /// Its programs, in the order of the transcript.
    pub programs: Vec<&'a str>,
    /// By the time when they were seen.
    pub moments: Vec<Moment<'a>>,
}

/// Something that was seen.
#[derive(Clone, Debug)]
pub(crate) struct Moment<'a> {
    /// Microseconds since the scene began.
    pub at: u32,
    /// Whose, as a place among the scene's programs.
    pub program: usize,
    pub what: What<'a>,
    pub mark: Option<Mark<'a>>,
}

/// What kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What<'a> {
    /// From the program to the broker.
    Sent(&'a str),
    /// From the broker to the program.
    Came(&'a str),
    /// Of the line between the two.
    Line(&'a str),
    /// Of the sensor, or a wait.
    Board(&'a str),
    /// What the LED was told.
    Led(&'a str),
    /// What the program printed.
    Printed(&'a str),
}

/// Where a solution's run is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    /// This stands in its place there; nothing, where it ends before.
    Differs(Option<&'a str>),
    /// After this it goes on there.
    GoesOn(&'a str),
}

impl Moment<'_> {
    /// For whom a drawing says nothing.
    pub fn words(&self, scene: &Scene) -> String {
        let name = scene.programs[self.program];
        let what = match self.what {
            What::Sent(text) => format!("{name} to broker: {text}"),
            What::Came(text) => format!("broker to {name}: {text}"),
            What::Line(text) => format!("between {name} and broker: {text}"),
            What::Board(text) => format!("{name}: {text}"),
            What::Led(text) => format!("{name} switches its LED: {text}"),
            What::Printed(text) => format!("{name} prints: {text}"),
        };
        match self.mark {
            None => what,
            Some(mark) => format!("{what} ({})", mark.words()),
        }
    }
}

impl Mark<'_> {
    pub fn words(self) -> String {
        match self {
            Self::Differs(Some(line)) => format!("here a solution's run differs: {line}"),
            Self::Differs(None) => "here a solution's run has ended".to_owned(),
            Self::GoesOn(line) => format!("here a solution's run goes on: {line}"),
        }
    }
}

/// The scenes of a transcript; `seen` says of each section when its lines were seen. Empty where
/// the two do not fit.
pub(crate) fn scenes<'a>(
    solution: &'a str,
    transcript: &'a str,
    seen: &[Vec<u32>],
) -> Vec<Scene<'a>> {
    let solution = transcript::parse(solution);
    let sections = transcript::parse(transcript);
    let fits = |(section, seen): (&Section<&str>, &Vec<u32>)| section.lines.len() == seen.len();
    if sections.len() != seen.len() || !sections.iter().zip(seen).all(fits) {
        return Vec::new();
    }
    let mut scenes: Vec<Scene> = Vec::new();
    for (section, seen) in sections.iter().zip(seen) {
        let Some((title, program)) = heading(section.heading) else {
            continue;
        };
        let place = scenes.iter().position(|scene| scene.title == title);
        let place = place.unwrap_or_else(|| {
            scenes.push(Scene {
                title,
                programs: Vec::new(),
                moments: Vec::new(),
            });
            scenes.len() - 1
        });
        let scene = &mut scenes[place];
        let program = index(&mut scene.programs, program);
        let mut marked = difference(section, &solution);
        let kind = section.kind();
        for (place, (line, at)) in section.lines.iter().zip(seen).enumerate() {
            scene.moments.push(Moment {
                at: *at,
                program,
                what: what(kind, line),
                mark: marked.take_if(|(at, _)| *at == place).map(|(_, mark)| mark),
            });
        }
    }
    for scene in &mut scenes {
        scene.moments.sort_by_key(|moment| moment.at);
        // What follows from the first one is no news.
        let mut marked = scene.moments.iter_mut().filter(|it| it.mark.is_some());
        marked.next();
        marked.for_each(|later| later.mark = None);
    }
    scenes
}

/// Scene and program of a section.
fn heading(heading: &str) -> Option<(&str, &str)> {
    heading.rsplit_once(": ")?.0.rsplit_once(", ")
}

fn index<'a>(programs: &mut Vec<&'a str>, program: &'a str) -> usize {
    let known = programs.iter().position(|known| *known == program);
    known.unwrap_or_else(|| {
        programs.push(program);
        programs.len() - 1
    })
}

/// The first line that is another one in the solution's run, and what stands there.
fn difference<'a>(
    section: &Section<&'a str>,
    solution: &[Section<&'a str>],
) -> Option<(usize, Mark<'a>)> {
    if section.kind() == CONSOLE {
        return None;
    }
    let expected = solution.iter().find(|it| it.heading == section.heading)?;
    let (seen, expected) = (&section.lines, &expected.lines);
    let alike = seen
        .iter()
        .zip(expected)
        .take_while(|(one, two)| one == two);
    let alike = alike.count();
    match (seen.get(alike), expected.get(alike)) {
        (None, None) => None,
        (Some(_), line) => Some((alike, Mark::Differs(line.copied()))),
        // Sections without any line are not told.
        (None, Some(line)) => Some((alike.checked_sub(1)?, Mark::GoesOn(line))),
    }
}

fn what<'a>(kind: &str, line: &'a str) -> What<'a> {
    let after = |arrow| line.strip_prefix(arrow);
    match kind {
        "wire" => after("-> ")
            .map(What::Sent)
            .or_else(|| after("<- ").map(What::Came))
            .or_else(|| after("-- ").map(What::Line))
            .unwrap_or(What::Line(line)),
        "LED" => What::Led(line),
        CONSOLE => What::Printed(line),
        _ => What::Board(line),
    }
}
