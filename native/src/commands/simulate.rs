//! `likeness simulate`: fal over HTTP, for this program and for fal's own clients.

use std::sync::Arc;

use crate::{
    args::{self, Simulate},
    context::Context,
    failure::{Exit, Failure},
    moment::entropy,
    output::Row,
    settings::SIMULATOR,
    simulate::{Options, ServeError, serve},
    transport::MemoryStore,
    words::bytes,
};
use likeness_core::simulator::{Addresses, Fault, Plan, Simulator};
use serde_json::json;
use tokio::net::TcpListener;

pub(crate) async fn run(args: Simulate, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    if args.list_faults {
        return list_faults(context);
    }
    let mut faults = Vec::new();
    for text in &args.faults {
        faults.push(text.parse::<Fault>().map_err(|error| {
            Failure::new(Exit::Usage, "usage.fault", error.to_string())
                .next("`likeness simulate --list-faults` lists them")
        })?);
    }
    let base = SIMULATOR.parse().map_err(|_| internal("its address"))?;
    let training = args.duration.unwrap_or(context.settings.mock_training);
    let addresses = match args.addresses {
        args::Addresses::Own => Addresses::Base,
        args::Addresses::Fal => Addresses::Fal,
    };
    let (fresh, _) = uuid::Uuid::from_bytes(entropy()?).as_u64_pair();
    let plan = Plan {
        faults,
        addresses,
        seed: args.seed.unwrap_or(fresh),
        files: Some(args.keep_uploads),
        ..Plan::new(base).with_training(training)
    };
    let simulator = Simulator::new(plan);
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        Failure::new(Exit::Usage, "usage.listen", format!("{} cannot be listened at", args.listen))
            .why(error.to_string())
            .next("choose another address with --listen; port 0 takes a free one")
    })?;
    let hold = context.interrupt.hold().await;
    let mut said = Ok(());
    let ready = |listening: &crate::simulate::Listening| {
        let mut document = json!(listening);
        document["keep_uploads"] = args.keep_uploads.into();
        said = output.document(&document).and_then(|()| output.line(listening)).and_then(|()| {
            output
                .line(format_args!("  FAL_BASE_URL={} FAL_KEY=any:key likeness train …", listening.base()))?;
            let (most, folder) = (bytes(args.keep_uploads), listening.uploads().display());
            output.line(format_args!("  keeps {most} of uploads, the newest, in {folder} until it ends"))
        });
    };
    let stop = async {
        context.interrupt.wait().await;
    };
    let store = Arc::new(MemoryStore::new(simulator));
    let defaults = Options::default();
    let options = Options { spool_in: args.spool_in.unwrap_or(defaults.spool_in), ..defaults };
    let served = serve(listener, store, options, ready, stop).await;
    drop(hold);
    said?;
    // Ctrl-C is the regular end.
    served.map_err(|error| match error {
        ServeError::Spool { folder, cause } => {
            let sentence = format!("no private folder can be made in {}", folder.display());
            Failure::io("storage.uploads", sentence, &cause).next("name another with --spool-in")
        }
        ServeError::Io(error) => internal(&error.to_string()),
    })
}

fn list_faults(context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    let faults: Vec<_> = Fault::ALL
        .iter()
        .map(|fault| json!({ "name": fault.kind.name(), "about": fault.describe() }))
        .collect();
    output.document(&json!({ "faults": faults }))?;
    let row = |fault: &Fault| Row::new([fault.kind.name(), fault.describe()].map(str::to_owned));
    output.rows(&Fault::ALL.iter().map(row).collect::<Vec<_>>())
}

fn internal(why: &str) -> Failure {
    Failure::new(Exit::Internal, "internal.simulator", "the simulator cannot be served").why(why)
}
