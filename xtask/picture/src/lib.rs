//! A run as a picture: programs and broker side by side, and between them from top to bottom what
//! they said, what the board showed, and where the line went dead. The first difference from the
//! solution's run is marked.
//!
//! It is drawn from what a verdict holds: its transcript, and when each line of it was seen.

mod drawing;
mod page;
mod scene;

pub use page::page;

/// One scene.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The scene's title.
    pub title: String,
    /// A drawing in the colour of the text around it.
    pub svg: String,
    /// The same in words, a line each, for whom a drawing says nothing.
    pub words: Vec<String>,
    /// Whether a solution's run is another one.
    pub differs: bool,
}

/// All scenes of a run, in the order of its transcript; `seen` says of each section when its lines
/// were seen, in microseconds. None where nothing was played, where a verdict is from a kit that did
/// not yet say when things were seen, or where its transcript was cut.
pub fn pictures(solution: &str, transcript: &str, seen: &[Vec<u32>]) -> Vec<Picture> {
    let scenes = scene::scenes(solution, transcript, seen);
    let pictures = scenes.iter().map(|scene| Picture {
        title: scene.title.to_owned(),
        svg: drawing::svg(scene),
        words: scene.moments.iter().map(|it| it.words(scene)).collect(),
        differs: scene.moments.iter().any(|it| it.mark.is_some()),
    });
    pictures.collect()
}

/// For text and attributes of HTML and SVG.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no way to write these.
            '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: &str = "== evening, device: wire\n-> CONNECT x\n<- CONNACK accepted\n\
                        -- the line goes dead\n== evening, device: LED\non\n\
                        == night, server: wire\n-> CONNECT y\n";
    const TIMES: [&[u32]; 3] = [&[10, 30, 50], &[20], &[5]];
    const SOLUTION: &str = "== evening, device: wire\n-> CONNECT x\n<- CONNACK accepted\n\
                            -> PUBLISH a\n== evening, device: LED\non\n\
                            == night, server: wire\n-> CONNECT y\n";

    fn drawn(transcript: &str, times: &[&[u32]]) -> Vec<Picture> {
        let times: Vec<Vec<u32>> = times.iter().map(|times| times.to_vec()).collect();
        pictures(SOLUTION, transcript, &times)
    }

    #[test]
    fn what_was_seen_is_told_in_order_and_the_first_difference_is_marked() {
        let pictures = drawn(SEEN, &TIMES);
        let titles: Vec<_> = pictures.iter().map(|picture| &picture.title).collect();
        assert_eq!(titles, ["evening", "night"]);
        assert_eq!(
            pictures[0].words,
            [
                "device to broker: CONNECT x",
                "device switches its LED: on",
                "broker to device: CONNACK accepted",
                "between device and broker: the line goes dead (here a solution's run differs: \
                 -> PUBLISH a)",
            ]
        );
        assert!(pictures[0].differs);
        assert!(!pictures[1].differs);
    }

    #[test]
    fn what_is_missing_at_the_end_is_marked_there() {
        let short = SEEN.replace("-- the line goes dead\n", "");
        let words = &drawn(&short, &[&[10, 30], &[20], &[5]])[0].words;
        let last = words.last().unwrap();
        assert!(last.contains("CONNACK"), "{words:?}");
        assert!(last.contains("a solution's run goes on"), "{words:?}");
    }

    #[test]
    fn nobody_writes_markup_into_the_page() {
        let evil = SEEN.replace("CONNECT x", "<script>\u{1b}\"");
        for picture in drawn(&evil, &TIMES) {
            assert!(!picture.svg.contains("<script>"), "{}", picture.svg);
            assert!(!picture.svg.contains('\u{1b}'), "{}", picture.svg);
        }
    }

    #[test]
    fn a_verdict_that_does_not_say_when_has_no_picture() {
        assert!(drawn(SEEN, &[]).is_empty());
        assert!(drawn(SEEN, &[&[1]]).is_empty());
    }
}
