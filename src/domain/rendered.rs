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
}
