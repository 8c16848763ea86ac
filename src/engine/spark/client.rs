//! The protocol: Spark Connect over gRPC, by Apache's own client. One attempt each, within its time.

use std::collections::HashMap;
use std::future::Future;
use std::io::Cursor;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use jiff::SignedDuration;
use proto::execute_plan_response::ResponseType;
use proto::relation::RelType;
use spark_connect_core::{ChannelBuilder, SparkConnectClient, SparkError};
use spark_connect_proto as proto;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::engine::Error;
use crate::settings::SparkConnect;

/// How long the farewell may take: whoever leaves does not wait.
const FAREWELL: Duration = Duration::from_secs(2);

/// A session with the engine, which forgets all of it at its end.
pub(super) struct Client {
    runtime: Runtime,
    client: SparkConnectClient,
    at: String,
    limit: SignedDuration,
}

impl Client {
    /// Does not reach out yet.
    pub fn new(settings: &SparkConnect) -> Result<Self, Error> {
        let wrong = |error: SparkError| Error::Settings { key: "uri", what: error.to_string() };
        let mut builder = ChannelBuilder::parse(&settings.uri).map_err(wrong)?;
        if builder.get("user_agent").is_none() {
            builder.set("user_agent", "firstwatch");
        }
        if let Some(token) = token(settings)? {
            builder.set("token", &token);
        }
        let at = builder.endpoint();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Unreachable { at: at.clone(), what: error.to_string() })?;
        let client = runtime.block_on(SparkConnectClient::connect(&builder)).map_err(wrong)?;
        Ok(Self { runtime, client, at, limit: settings.timeout })
    }

    /// Gives the relation a name for the questions of this session.
    pub fn view(&self, name: &str, input: proto::Relation) -> Result<(), Error> {
        let view = proto::CreateDataFrameViewCommand {
            input: Some(input),
            name: name.to_owned(),
            is_global: false,
            replace: true,
        };
        let command =
            proto::Command { command_type: Some(proto::command::CommandType::CreateDataframeView(view)) };
        self.execute(proto::plan::OpType::Command(command)).map(|_| ())
    }

    /// The whole answer to a question.
    pub fn ask(&self, sql: &str) -> Result<Vec<RecordBatch>, Error> {
        let query = relation(RelType::Sql(proto::Sql { query: sql.to_owned(), ..proto::Sql::default() }));
        self.execute(proto::plan::OpType::Root(query))
    }

    fn execute(&self, plan: proto::plan::OpType) -> Result<Vec<RecordBatch>, Error> {
        let request = proto::ExecutePlanRequest {
            session_id: self.client.session_id().to_owned(),
            user_context: Some(proto::UserContext {
                user_id: self.client.user_id().unwrap_or_default().to_owned(),
                ..proto::UserContext::default()
            }),
            plan: Some(proto::Plan { op_type: Some(plan) }),
            ..proto::ExecutePlanRequest::default()
        };
        self.within(async {
            let mut answer = self.client.execute_plan(request).await.map_err(|error| self.failed(&error))?;
            let mut batches = Vec::new();
            loop {
                let part = answer
                    .message()
                    .await
                    .map_err(|status| self.failed(&SparkError::from_grpc_status(status)))?;
                match part {
                    None => return Ok(batches),
                    Some(part) => {
                        if let Some(ResponseType::ArrowBatch(batch)) = part.response_type {
                            batches.extend(decoded(&batch.data)?);
                        }
                    }
                }
            }
        })
    }

    /// Waits for as long as one answer may take. What comes too late is called off there, so that it costs no more.
    fn within<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.runtime.block_on(async {
            match tokio::time::timeout(self.limit.unsigned_abs(), work).await {
                Ok(done) => done,
                Err(_) => {
                    // Whether or not it hears of it, the answer is no longer waited for.
                    let _ = tokio::time::timeout(FAREWELL, self.client.interrupt_all()).await;
                    Err(Error::Late { at: self.at.clone(), limit: self.limit })
                }
            }
        })
    }

    fn failed(&self, error: &SparkError) -> Error {
        let (at, what) = (self.at.clone(), error.to_string());
        match error.grpc_code() {
            Some(CANCELLED | UNKNOWN | DEADLINE_EXCEEDED | RESOURCE_EXHAUSTED | ABORTED | UNAVAILABLE) => {
                Error::Unreachable { at, what }
            }
            _ => Error::Refused { at, what },
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A session that hears of no farewell is forgotten in time.
        let _ = self
            .runtime
            .block_on(async { tokio::time::timeout(FAREWELL, self.client.release_session()).await });
    }
}

/// Statuses of gRPC that say nothing about the question. `UNKNOWN` is a connection that broke.
const CANCELLED: i32 = 1;
const UNKNOWN: i32 = 2;
const DEADLINE_EXCEEDED: i32 = 4;
const RESOURCE_EXHAUSTED: i32 = 8;
const ABORTED: i32 = 10;
const UNAVAILABLE: i32 = 14;

fn token(settings: &SparkConnect) -> Result<Option<Zeroizing<String>>, Error> {
    let Some(file) = &settings.token_file else { return Ok(None) };
    let wrong =
        |what: String| Error::Settings { key: "token_file", what: format!("{} {what}", file.display()) };
    let text = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| wrong(format!("cannot be read: {}", error.kind())))?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("holds no token; write it into the file, in one line".to_owned()));
    }
    Ok(Some(Zeroizing::new(token.to_owned())))
}

/// The Parquet files as one table.
pub(super) fn parquet(paths: &[String]) -> proto::Relation {
    let source = proto::read::DataSource {
        format: Some("parquet".to_owned()),
        schema: None,
        options: HashMap::new(),
        paths: paths.to_vec(),
        ..proto::read::DataSource::default()
    };
    relation(RelType::Read(proto::Read {
        is_streaming: false,
        read_type: Some(proto::read::ReadType::DataSource(source)),
    }))
}

/// A table of ours, sent along.
pub(super) fn local(table: &RecordBatch) -> Result<proto::Relation, Error> {
    let write = || {
        let mut writer = StreamWriter::try_new(Vec::new(), &table.schema())?;
        writer.write(table)?;
        writer.into_inner()
    };
    let data = write().map_err(|error| Error::Answer(error.to_string()))?;
    Ok(relation(RelType::LocalRelation(proto::LocalRelation { data: Some(data.into()), schema: None })))
}

fn relation(of: RelType) -> proto::Relation {
    proto::Relation { common: None, rel_type: Some(of) }
}

fn decoded(stream: &[u8]) -> Result<Vec<RecordBatch>, Error> {
    StreamReader::try_new(Cursor::new(stream), None)
        .and_then(Iterator::collect)
        .map_err(|error| Error::Answer(error.to_string()))
}
