//! Finds `:since` in a query, as the server will: not in texts, names and comments.

/// Replaces every `:since` by what `place` gives for it.
///
/// # Errors
/// What is wrong, when the query names another parameter.
pub(super) fn replace(sql: &str, backslashes: bool, place: &str) -> Result<(String, usize), &'static str> {
    let mut written = String::with_capacity(sql.len());
    let (mut rest, mut found) = (sql, 0);
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '\'' | '"' | '`' => quoted(rest, letter, backslashes),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '#' if backslashes => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '$' if !backslashes => dollar_quoted(rest),
            ':' if rest.starts_with("::") => 2,
            ':' => {
                let name = word(&rest[1..]);
                match name {
                    "since" => {
                        written.push_str(place);
                        found += 1;
                        rest = &rest[1 + name.len()..];
                        continue;
                    }
                    _ if name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') => {
                        return Err("takes a parameter that is not :since");
                    }
                    _ => 1,
                }
            }
            letter => letter.len_utf8(),
        };
        written.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Ok((written, found))
}

fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The length of a text or a name in quotes. A doubled quote begins the next one at once, which comes to the same.
fn quoted(text: &str, quote: char, backslashes: bool) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' if backslashes && quote != '`' => escaped = true,
            letter if letter == quote => return at + letter.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// `$tag$ ... $tag$`, or the sign alone.
fn dollar_quoted(text: &str) -> usize {
    let tag = word(&text[1..]);
    let mark = &text[..(tag.len() + 2).min(text.len())];
    if tag.starts_with(|letter: char| letter.is_ascii_digit()) || !mark.ends_with('$') || mark.len() < 2 {
        return 1;
    }
    text[mark.len()..].find(mark).map_or(text.len(), |end| mark.len() + end + mark.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_parameter_where_the_server_does() {
        let postgres = |sql| replace(sql, false, "$1");
        assert_eq!(postgres("a >= :since and b>:since"), Ok(("a >= $1 and b>$1".into(), 2)));
        for none in [
            "select ':since', \"a:since\" -- :since\n",
            "select 'it''s :since'",
            "select /* :since */ a::date, b[1:2]",
            "select $$ :since $$, $t$ :since $t$",
            "select 'a\\'",
        ] {
            assert_eq!(postgres(none), Ok((none.into(), 0)), "{none}");
        }
        assert_eq!(postgres("select $1 where a > :until"), Err("takes a parameter that is not :since"));
        let mysql = |sql| replace(sql, true, "?");
        assert_eq!(
            mysql("select 'it\\'s :since', `:since` # :since\n where a > :since").map(|it| it.1),
            Ok(1)
        );
        assert_eq!(mysql("select @a := 1"), Ok(("select @a := 1".into(), 0)));
    }
}
