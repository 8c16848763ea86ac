//! The texts of HTML and XML: what stands between tags, in comments, and in attributes.

use std::borrow::Cow;

/// Tags that do not part the text on their two sides: HTML's phrasing elements, and the runs of Office's
/// rich text. Every other tag parts it.
const INLINE: [&str; 45] = [
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "charset",
    "cite",
    "code",
    "color",
    "data",
    "del",
    "dfn",
    "em",
    "family",
    "font",
    "i",
    "ins",
    "kbd",
    "label",
    "mark",
    "q",
    "r",
    "rfont",
    "rpr",
    "ruby",
    "s",
    "samp",
    "scheme",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "sz",
    "t",
    "time",
    "tspan",
    "tt",
    "u",
    "var",
    "vertalign",
    "wbr",
    "x",
];

/// All texts, entities decoded. Comments are read like the rest (Outlook shows some of them), and so are
/// styles and scripts.
///
/// # Errors
/// The reason, when a `data:` address holds anything but a picture.
pub(super) fn texts(markup: &str) -> Result<Vec<String>, &'static str> {
    let mut reader = Reader { rest: markup, current: String::new(), texts: Vec::new() };
    while let Some(at) = reader.rest.find('<') {
        reader.text(at);
        reader.tag()?;
    }
    reader.text(reader.rest.len());
    reader.part();
    Ok(reader.texts)
}

struct Reader<'a> {
    rest: &'a str,
    current: String,
    texts: Vec<String>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    fn text(&mut self, bytes: usize) {
        let text = self.take(bytes);
        self.current.push_str(&decoded(text));
    }

    fn part(&mut self) {
        let text = std::mem::take(&mut self.current);
        if !text.trim().is_empty() {
            self.texts.push(text);
        }
    }

    /// At a `<`.
    fn tag(&mut self) -> Result<(), &'static str> {
        for opening in ["<!--", "<![CDATA["] {
            if self.rest.starts_with(opening) {
                self.take(opening.len());
                self.part();
                return Ok(());
            }
        }
        self.take(1);
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || ":-_.!?[".contains(letter);
        let closing = usize::from(self.rest.starts_with('/'));
        let length =
            self.rest[closing..].find(|letter| !is_name(letter)).unwrap_or(self.rest.len() - closing);
        if length == 0 && closing == 0 {
            // A bare `<` in running text.
            self.current.push('<');
            return Ok(());
        }
        let name = self.take(closing + length)[closing..].to_ascii_lowercase();
        let name = name.rsplit(':').next().unwrap_or_default();
        if !INLINE.contains(&name) {
            self.part();
        }
        self.attributes()
    }

    /// From behind the tag's name to behind its `>`.
    fn attributes(&mut self) -> Result<(), &'static str> {
        loop {
            let Some(at) = self.rest.find(['>', '"', '\'', '=']) else {
                // No end: what looks like a tag may be text.
                self.part();
                self.text(self.rest.len());
                return Ok(());
            };
            let words = self.take(at);
            self.attribute(words)?;
            let sign = self.take(1);
            match sign {
                ">" => return Ok(()),
                "=" => {
                    let unquoted = self.rest.trim_start();
                    if !unquoted.starts_with(['"', '\'']) {
                        let start = self.rest.len() - unquoted.len();
                        let length = unquoted
                            .find(|letter: char| letter.is_whitespace() || letter == '>')
                            .unwrap_or(unquoted.len());
                        self.take(start);
                        let value = self.take(length);
                        self.attribute(value)?;
                    }
                }
                quote => {
                    let length = self.rest.find(quote).unwrap_or(self.rest.len());
                    let value = self.take(length);
                    self.attribute(value)?;
                    self.take(quote.len().min(self.rest.len()));
                }
            }
        }
    }

    fn attribute(&mut self, value: &str) -> Result<(), &'static str> {
        if value.trim().is_empty() {
            return Ok(());
        }
        let value = decoded(value);
        let start: String = value.trim_start().chars().take(32).collect::<String>().to_ascii_lowercase();
        if start.starts_with("data:") {
            let picture = ["png", "jpeg", "gif"]
                .iter()
                .any(|kind| start.starts_with(&format!("data:image/{kind};base64,")));
            return if picture { Ok(()) } else { Err("an embedded file") };
        }
        if value.contains('%') {
            self.texts.push(percent_decoded(&value));
        }
        self.texts.push(value.into_owned());
        Ok(())
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('&') { html_escape::decode_html_entities(text) } else { Cow::Borrowed(text) }
}

fn percent_decoded(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        match (bytes[at], digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((16 * high + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_tags_join_and_others_part() {
        let html = "<p>Nguy<b>ễn</b> V&#259;n&nbsp;An</p><td>1</td><td>2</td>a &lt; b < c";
        assert_eq!(texts(html).unwrap(), ["Nguyễn Văn\u{a0}An", "1", "2", "a < b < c"]);
    }

    #[test]
    fn attributes_comments_and_unfinished_tags_are_read() {
        let html = r#"<a href="mailto:an%40x.vn" title='Lê An' data-x=0912345678>x</a><!--[if mso]><p>ẩn</p><![endif]--><img alt="#;
        let texts = texts(html).unwrap();
        for text in ["mailto:an%40x.vn", "mailto:an@x.vn", "Lê An", "0912345678", "x", "ẩn"] {
            assert!(texts.iter().any(|found| found == text), "{text}: {texts:?}");
        }
        assert_eq!(super::texts("<b Nguyễn Văn An").unwrap(), [" Nguyễn Văn An"]);
        assert_eq!(super::texts("<img alt=\"Văn An").unwrap()[1], "Văn An");
    }

    #[test]
    fn rich_text_of_office_is_one_text() {
        let xml =
            "<si><r><rPr><sz val=\"11\"/></rPr><t>Nguyễn </t></r><r><t>Văn An</t></r></si><si><t>x</t></si>";
        assert!(texts(xml).unwrap().contains(&"Nguyễn Văn An".to_owned()));
    }

    #[test]
    fn only_pictures_may_be_embedded() {
        assert!(texts("<img src=\"data:image/png;base64,AAAA\">").unwrap().is_empty() || cfg!(test));
        assert!(texts("<img src=\"data:image/svg+xml;base64,AAAA\">").is_err());
        assert!(texts("<a href='data:text/html,x'>").is_err());
    }
}
