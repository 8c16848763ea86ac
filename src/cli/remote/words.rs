//! The words of a complaint in a file, like a mail: `key: value` lines, an empty line, what the customer said.
//!
//! A refusal names a line and never what stands in it: it may be a person's.

use crate::cli::exit::BadData;

const KEYS: &str = "subject, email, phone or channel";

/// Has no `Debug`: the words are a person's.
#[derive(Default)]
pub(super) struct Words {
    pub subject: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub channel: Option<String>,
    pub body: Option<String>,
}

pub(super) fn read(file: &str, text: &str) -> Result<Words, BadData> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut words = Words::default();
    let mut rest = text;
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let line = line.trim();
        if line.is_empty() {
            words.body = Some(rest.to_owned());
            break;
        }
        words.take(line).map_err(|why| BadData(format!("line {number} of {file} {why}")))?;
    }
    Ok(words)
}

impl Words {
    fn take(&mut self, line: &str) -> Result<(), String> {
        let unknown =
            || format!("does not begin with {KEYS} and a colon; an empty line comes before the words");
        let (key, value) = line.split_once(':').ok_or_else(unknown)?;
        let field = match key.trim().to_ascii_lowercase().as_str() {
            "subject" => &mut self.subject,
            "email" => &mut self.email,
            "phone" => &mut self.phone,
            "channel" => &mut self.channel,
            _ => return Err(unknown()),
        };
        match field.replace(value.trim().to_owned()) {
            Some(_) => Err("gives again what a line before it gave; keep one of them".to_owned()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_like_a_mail() {
        let text =
            "\u{feff}Subject: Kính xước: mặt sau\r\nphone : 0977 345 678\r\n\r\nTôi là Huyền.\n\nemail: x\n";
        let words = read("a.txt", text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(words.subject.as_deref(), Some("Kính xước: mặt sau"));
        assert_eq!(words.phone.as_deref(), Some("0977 345 678"));
        assert_eq!((words.email, words.channel), (None, None), "after the empty line all is what was said");
        assert_eq!(words.body.as_deref(), Some("Tôi là Huyền.\n\nemail: x\n"));

        let words = read("a.txt", "channel: phone\nemail: a@b.vn").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((words.channel.as_deref(), words.email.as_deref()), (Some("phone"), Some("a@b.vn")));
        assert_eq!((words.body, words.subject), (None, None));
        assert_eq!(read("a.txt", "\nTôi").ok().and_then(|words| words.body).as_deref(), Some("Tôi"));
    }

    #[test]
    fn a_line_that_does_not_fit_is_named_and_not_repeated() {
        for (text, part) in [
            ("phone: 1\nTôi là Huyền\n", "line 2 of a.txt does not begin with subject"),
            ("phone: 1\nHuyền: 0977\n", "line 2 of a.txt does not begin with subject"),
            ("phone: 1\nphone: 0977\n", "line 2 of a.txt gives again"),
        ] {
            let told = read("a.txt", text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(told.contains(part) && !told.contains("Huyền") && !told.contains("0977"), "{told}");
        }
    }
}
