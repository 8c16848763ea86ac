//! The HTML of a mail: a template filled by minijinja, laid out by mrml into tables that Outlook draws too.
//!
//! Invariant: everything from outside is escaped; nothing is fetched (no pictures, fonts or scripts).
//! Colours live in classes, so that a reader's dark mode can turn them; what must hold where a mail program
//! drops the classes (alignment, padding) stands in the elements.

use std::collections::HashMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Output, State};
use serde::Serialize;

use super::Error;
use super::letter::Letter;
use super::page::Page;

const FRAME: &str = include_str!("templates/frame.mjml");
const REPORT: &str = include_str!("templates/report.mjml");
const NOTICE: &str = include_str!("templates/notice.mjml");
const STATEMENT: &str = include_str!("templates/statement.html");

pub fn report(page: &Page) -> Result<String, Error> {
    let html = laid_out("report.mjml", page)?;
    // mrml writes an attribute as Rust would debug it, with `\u{a0}` for a space that does not break.
    let alternatives =
        [("@logo", Some(&page.shop)), ("@trend", page.trend.as_ref().map(|trend| &trend.alternative))];
    Ok(alternatives.into_iter().fold(html, |html, (mark, text)| {
        let text = text.map_or_else(String::new, |text| escape(text));
        html.replace(&format!("alt=\"{mark}\""), &format!("alt=\"{text}\""))
    }))
}

pub fn notice(letter: &Letter) -> Result<String, Error> {
    laid_out("notice.mjml", letter)
}

/// A page to print or to read by itself, not a mail.
pub fn statement(contents: &impl Serialize) -> Result<String, Error> {
    filled("statement.html", contents)
}

fn laid_out(template: &str, contents: &impl Serialize) -> Result<String, Error> {
    let mjml = filled(template, contents)?;
    let parsed = mrml::parse(&mjml).map_err(|problem| Error::Layout(problem.to_string()))?;
    let options = mrml::prelude::render::RenderOptions {
        disable_comments: true,
        social_icon_origin: None,
        // The default fonts would be fetched from a third party by the reader's mail program.
        fonts: HashMap::new(),
    };
    let html = parsed.element.render(&options).map_err(|problem| Error::Layout(problem.to_string()))?;
    // Said twice, or ended to begin anew: a twentieth of the mail.
    let once = html.replace("background:#ffffff;background-color:#ffffff;", "background:#ffffff;");
    Ok(once.replace("<![endif]--><!--[if mso | IE]>", ""))
}

fn filled(template: &str, contents: &impl Serialize) -> Result<String, Error> {
    let mut environment = Environment::new();
    // Else an error would carry the report's figures into the log.
    environment.set_debug(false);
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(escaped);
    let templates = [
        ("frame.mjml", FRAME),
        ("report.mjml", REPORT),
        ("notice.mjml", NOTICE),
        ("statement.html", STATEMENT),
    ];
    for (name, source) in templates {
        environment.add_template(name, source)?;
    }
    Ok(environment.get_template(template)?.render(Serde(contents))?)
}

/// Escapes what a template prints. minijinja's own also escapes the slash, which would write every date
/// as `22&#x2f;11&#x2f;2026`.
fn escaped(output: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    if value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    if value.is_safe() {
        return Ok(output.write_str(&text)?);
    }
    Ok(output.write_str(&escape(&text))?)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
