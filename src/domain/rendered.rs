//! A report or notice in the forms that leave the house: what `document` makes and `mail` sends.

/// One attached file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Plain ASCII, with its ending.
    pub file_name: String,
    /// For example `application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Everything of one message but its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    /// `None` for a notice that is text alone.
    pub html: Option<String>,
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// Pictures that the HTML shows, by [`cid`]. What is drawn in them stands in words in the text, too: they are
    /// looked through by nobody.
    pub images: Vec<Attachment>,
}

/// What a picture is called within its message (RFC 2392).
pub fn cid(file_name: &str) -> String {
    format!("{file_name}@firstwatch")
}

impl Rendered {
    /// The HTML as a file beside its pictures, for whoever opens it outside a mail.
    pub fn html_beside_images(&self) -> Option<String> {
        let html = self.html.clone()?;
        let named = |html: String, image: &Attachment| {
            html.replace(&format!("\"cid:{}\"", cid(&image.file_name)), &format!("\"{}\"", image.file_name))
        };
        Some(self.images.iter().fold(html, named))
    }
}
