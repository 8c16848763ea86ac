//! The postman: woken, he delivers what is due. A relay may keep him waiting for minutes, so he is a task of his own.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tracing::error;

use crate::jobs::{self, House};

/// Asked to stop, he ends after the message under way.
pub(super) async fn run(house: Arc<House>, mut stopping: watch::Receiver<bool>) {
    let bell = Arc::new(Notify::new());
    let rope = bell.clone();
    house.hire_postman(move || rope.notify_one());
    let mut said: Option<String> = None;
    loop {
        tokio::select! {
            () = bell.notified() => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
        let (house, again, stop) = (house.clone(), house.clone(), stopping.clone());
        let round = tokio::task::spawn_blocking(move || jobs::deliver(&house, &|| *stop.borrow()));
        match round.await {
            Ok(Ok(_)) => said = None,
            Ok(Err(error)) => match error.downcast() {
                Ok(error) => jobs::store_failed(&again, error),
                Err(error) => said = say_once(said, format!("{error:#}")),
            },
            // The error itself would repeat what the panic said, which may quote a text (see `logging`).
            Err(_) => error!("a round of mail panicked; the next one goes on"),
        }
    }
}

/// A round that fails as the last one did needs no line of its own.
fn say_once(said: Option<String>, error: String) -> Option<String> {
    if said.as_ref() != Some(&error) {
        error!(error, "failed to deliver mail");
    }
    Some(error)
}
