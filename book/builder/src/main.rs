//! Builds, serves and tests the guide in `book/`.
//!
//! A chapter is Markdown with a few directives of our own (see [`directive`]). Whatever could go
//! stale without anybody noticing (a listing, a transcript, a link, a heading's id) fails the
//! build instead.

mod browser;
mod chapter;
mod commands;
mod diagram;
mod directive;
mod folders;
mod glossary;
mod hints;
mod links;
mod listings;
mod markdown;
mod measured;
mod mistakes;
mod pdf;
mod place;
mod programs;
mod progress;
mod quiz;
mod reading;
mod reading_time;
mod render;
mod serve;
mod steps;
mod terms;
mod transcript;
mod verify;
mod warnings;
mod ways;

use std::env;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use folders::Folders;
use pdf::Reader;

const USAGE: &str = "\
The kit's guide.

Usage: cargo xtask book [COMMAND | CHAPTER[#HEADING]]

  step3#topic     open that chapter in a browser, at that heading
  build           write the pages to target/book (the default)
  serve           show them at http://127.0.0.1:3000 and build again after a change
      --open      and open a browser there
      --port N    another port than 3000
  test            build, then prove listings, outputs, commands, links, terms and pages
  pdf [FILE]      print the course into one PDF (needs Chromium; target/nightlight.pdf)
      --for WHOM  learner or instructor, whose part is a PDF of its own
  listings        write book/listings from the anchors in solutions/";

/// A page, a link, a listing is wrong: something in the book has to change.
const BOOK_IS_WRONG: u8 = 1;
/// The command line or this machine is wrong.
const USAGE_OR_ENVIRONMENT: u8 = 2;

/// What the command line asks for.
enum Request {
    Help,
    Build,
    Serve {
        port: Option<u16>,
        open: bool,
        at: Option<String>,
    },
    Test,
    Pdf {
        file: Option<String>,
        reader: Reader,
    },
    Listings,
}

fn main() -> ExitCode {
    let request = match parse(env::args().skip(1)) {
        Ok(request) => request,
        Err(error) => {
            eprintln!("error: {error:#}\n\n{USAGE}");
            return ExitCode::from(USAGE_OR_ENVIRONMENT);
        }
    };
    match answer(request) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            let environment = error.is::<pdf::NoChromium>()
                || error.is::<serve::PortTaken>()
                || error.is::<place::NoSuchPlace>();
            ExitCode::from(if environment {
                USAGE_OR_ENVIRONMENT
            } else {
                BOOK_IS_WRONG
            })
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Request> {
    let command = args.next().unwrap_or_else(|| "build".to_owned());
    let mut request = match command.as_str() {
        "build" => Request::Build,
        "serve" => Request::Serve {
            port: None,
            open: false,
            at: None,
        },
        "test" => Request::Test,
        "pdf" => Request::Pdf {
            file: None,
            reader: Reader::default(),
        },
        "listings" => Request::Listings,
        "help" | "--help" | "-h" => Request::Help,
        option if option.starts_with('-') => bail!("there is no `book {option}`"),
        chapter => Request::Serve {
            port: None,
            open: true,
            at: Some(chapter.to_owned()),
        },
    };
    while let Some(arg) = args.next() {
        match (&mut request, arg.as_str()) {
            (_, "--help" | "-h") => return Ok(Request::Help),
            (Request::Serve { open, .. }, "--open") => *open = true,
            (Request::Serve { port, .. }, "--port") => {
                let number = args.next().context("`--port` needs a number")?;
                *port = Some(
                    number
                        .parse()
                        .with_context(|| format!("`{number}` is no port"))?,
                );
            }
            (Request::Pdf { reader, .. }, "--for") => {
                *reader = args.next().context("`--for` needs a reader")?.parse()?;
            }
            (Request::Pdf { file, .. }, _) if file.is_none() && !arg.starts_with('-') => {
                *file = Some(arg);
            }
            _ => bail!("`book {command}` does not know `{arg}`"),
        }
    }
    Ok(request)
}

fn answer(request: Request) -> Result<()> {
    let folders = Folders::find()?;
    match request {
        Request::Help => println!("{USAGE}"),
        Request::Build => {
            render::build(&folders)?;
            links::check(&folders)?;
            println!(
                "The guide is in {}",
                folders.output().join("index.html").display()
            );
        }
        Request::Serve { port, open, at } => {
            let page = at.map(|at| place::page(&folders, &at)).transpose()?;
            serve::serve(&folders, port, open, page.as_deref())?;
        }
        Request::Test => verify::verify(&folders)?,
        Request::Pdf { file, reader } => pdf::print(&folders, file.map(Into::into), reader)?,
        Request::Listings => listings::write(&folders)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(line: &str) -> Result<Request> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_a_command_the_guide_is_built() {
        assert!(matches!(ask("").unwrap(), Request::Build));
        let served = ask("serve --open --port 4000").unwrap();
        assert!(matches!(
            served,
            Request::Serve {
                port: Some(4000),
                open: true,
                at: None
            }
        ));
        let chapter = ask("step3#topic").unwrap();
        assert!(
            matches!(chapter, Request::Serve { open: true, at: Some(at), .. } if at == "step3#topic")
        );
        assert!(matches!(
            ask("pdf a.pdf").unwrap(),
            Request::Pdf { file: Some(_), .. }
        ));
        assert!(matches!(ask("serve --help").unwrap(), Request::Help));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, name) in [
            ("--sevre", "sevre"),
            ("build --open", "--open"),
            ("serve --port many", "many"),
            ("serve --port", "--port"),
            ("pdf a b", "b"),
        ] {
            let error = ask(line)
                .err()
                .map(|error| format!("{error:#}"))
                .unwrap_or_default();
            assert!(error.contains(name), "{line}: {error}");
        }
    }
}
