//! A scene as SVG: a lane for each program and for the broker, time from top to bottom.

use std::fmt::Write as _;

use crate::escaped;
use crate::scene::{Mark, Moment, Scene, What};

/// Between two lanes: room for a message.
const GAP: usize = 330;
/// To the left of the first lane.
const SIDE: usize = 90;
const ROW: usize = 30;
const HEAD: usize = 48;
/// Letters that fit between two lanes.
const LETTERS: usize = 46;
/// Rows before the first difference, and after it: what is drawn of a long scene.
const BEFORE: usize = 40;
const AFTER: usize = 20;

/// Where the lanes are: programs with a board to the left of the broker, others to the right.
struct Lanes {
    programs: Vec<usize>,
    broker: usize,
    width: usize,
}

impl Lanes {
    fn of(scene: &Scene) -> Self {
        let has_board = |program: usize| {
            scene.moments.iter().any(|moment| {
                moment.program == program && matches!(moment.what, What::Board(_) | What::Led(_))
            })
        };
        let count = scene.programs.len();
        let (left, right): (Vec<usize>, Vec<usize>) = (0..count)
            .partition(|program| has_board(*program) || scene.programs[*program] == "device");
        let mut programs = vec![0; count];
        let place = |column: usize| SIDE + GAP * column;
        for (column, program) in left.iter().enumerate() {
            programs[*program] = place(column);
        }
        for (column, program) in right.iter().enumerate() {
            programs[*program] = place(left.len() + 1 + column);
        }
        Self {
            programs,
            broker: place(left.len()),
            // What a program does by itself stands to the right of its lane.
            width: place(count + 1),
        }
    }
}

/// The drawing. Its size follows the place where it stands.
pub(crate) fn svg(scene: &Scene) -> String {
    let lanes = Lanes::of(scene);
    let rows = window(scene);
    let skipped = scene.moments.len() - rows.len();
    let height = HEAD + ROW * (rows.len() + 3);
    let label = format!(
        "{}: {} in order, from top to bottom. The same in words follows.",
        scene.title,
        if rows.len() == 1 {
            "one thing"
        } else {
            "all that happened"
        }
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" viewBox=\"0 0 {0} {height}\" role=\"img\" \
         aria-label=\"{1}\" font-family=\"ui-monospace, monospace\" font-size=\"12\" \
         fill=\"currentColor\" stroke=\"none\">",
        lanes.width,
        escaped(&label)
    );
    for (program, x) in lanes.programs.iter().enumerate() {
        lane(&mut svg, *x, scene.programs[program], height);
    }
    lane(&mut svg, lanes.broker, "broker", height);
    let mut y = HEAD + ROW;
    if skipped > 0 {
        let words = format!("… {skipped} more are not drawn");
        text(&mut svg, lanes.broker, y - ROW / 2, &words);
    }
    for moment in rows {
        // What is missing comes after this, what is another thing is this.
        let after = matches!(moment.mark, Some(Mark::GoesOn(_)));
        if let Some(mark) = moment.mark.filter(|_| !after) {
            marked(&mut svg, mark, y);
            y += ROW;
        }
        draw(&mut svg, &lanes, moment, y);
        y += ROW;
        if let Some(mark) = moment.mark.filter(|_| after) {
            marked(&mut svg, mark, y);
            y += ROW;
        }
    }
    svg.push_str("</svg>");
    svg
}

/// What is drawn: all, or what stands around the first difference.
fn window<'a>(scene: &'a Scene<'a>) -> &'a [Moment<'a>] {
    let all = scene.moments.as_slice();
    let marked = all.iter().position(|moment| moment.mark.is_some());
    let first = marked.unwrap_or_default().saturating_sub(BEFORE);
    let last = (first + BEFORE + AFTER).min(all.len());
    &all[first..last]
}

fn lane(svg: &mut String, x: usize, name: &str, height: usize) {
    let _ = write!(
        svg,
        "<text x=\"{x}\" y=\"24\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>\
         <line x1=\"{x}\" y1=\"34\" x2=\"{x}\" y2=\"{height}\" stroke=\"currentColor\" \
         stroke-opacity=\"0.4\"/>",
        escaped(name)
    );
}

fn draw(svg: &mut String, lanes: &Lanes, moment: &Moment, y: usize) {
    let (own, broker) = (lanes.programs[moment.program], lanes.broker);
    match moment.what {
        What::Sent(words) => arrow(svg, own, broker, y, words),
        What::Came(words) => arrow(svg, broker, own, y, words),
        What::Line(words) => broken(svg, own, broker, y, words),
        What::Board(words) => by_itself(svg, own, y, words, false),
        What::Led(words) => by_itself(svg, own, y, &format!("LED {words}"), true),
        What::Printed(words) => by_itself(svg, own, y, &format!("prints {words}"), false),
    }
}

/// Says what a solution's run has here.
fn marked(svg: &mut String, mark: Mark, y: usize) {
    let _ = write!(
        svg,
        "<text x=\"10\" y=\"{}\" font-weight=\"bold\">▸ first difference: {}</text>",
        y - 6,
        escaped(&mark.words())
    );
}

fn arrow(svg: &mut String, from: usize, to: usize, y: usize, words: &str) {
    let right = to > from;
    let (start, end) = if right {
        (from + 3, to - 3)
    } else {
        (from - 3, to + 3)
    };
    let back = if right { end - 8 } else { end + 8 };
    let _ = write!(
        svg,
        "<line x1=\"{start}\" y1=\"{y}\" x2=\"{end}\" y2=\"{y}\" stroke=\"currentColor\"/>\
         <path d=\"M{end} {y} L{back} {} L{back} {} Z\"/>",
        y - 4,
        y + 4
    );
    text(svg, from.midpoint(to), y - 6, words);
}

fn broken(svg: &mut String, own: usize, broker: usize, y: usize, words: &str) {
    let _ = write!(
        svg,
        "<line x1=\"{own}\" y1=\"{y}\" x2=\"{broker}\" y2=\"{y}\" stroke=\"currentColor\" \
         stroke-dasharray=\"2 6\"/>"
    );
    text(svg, own.midpoint(broker), y - 6, &format!("✕ {words}"));
}

/// What a program does without the broker stands on its lane.
fn by_itself(svg: &mut String, x: usize, y: usize, words: &str, bold: bool) {
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    let (shown, whole) = shortened(words);
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\"{weight}><tspan aria-hidden=\"true\">• </tspan>{}{}</text>",
        x + 6,
        y + 3,
        escaped(&shown),
        title(whole)
    );
}

fn text(svg: &mut String, x: usize, y: usize, words: &str) {
    let (shown, whole) = shortened(words);
    let _ = write!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{}{}</text>",
        escaped(&shown),
        title(whole)
    );
}

/// What fits, and the whole where that is more.
fn shortened(words: &str) -> (String, Option<&str>) {
    if words.chars().count() <= LETTERS {
        return (words.to_owned(), None);
    }
    let fits: String = words.chars().take(LETTERS - 1).collect();
    (fits + "…", Some(words))
}

fn title(whole: Option<&str>) -> String {
    whole.map_or_else(String::new, |whole| {
        format!("<title>{}</title>", escaped(whole))
    })
}
