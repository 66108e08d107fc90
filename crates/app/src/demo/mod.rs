//! `bellwether demo`: a node of its own with sample origins, of which one fails in a different way again and again.
//!
//! Everything that is shown is measured: the origins really misbehave on real sockets, the traffic is real requests
//! through the edge, health comes from the prober, and the reasons come from the stories of those requests. Whoever
//! reads along can repeat each of them with `curl` and `bellwether explain`.

mod behaviour;
mod certificates;
mod lines;
mod origin;
mod scene;
mod screen;
mod setup;
mod traffic;

use crate::{
    args::DemoArgs,
    check, config,
    local_call::Api,
    serve::{IfGone, Inherited, Logging, Node, SOCKET, StopSignals},
};
use anyhow::Context;
use behaviour::{Behaviour, Script};
use certificates::Certificates;
use lines::Lines;
use origin::Origin;
use scene::Stage;
use screen::Screen;
use std::{
    io::IsTerminal,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use traffic::Traffic;

/// The names of the origins, in the order of their turns to misbehave.
const ORIGINS: [&str; 3] = ["oak-1", "oak-2", "birch-1"];
/// How often what is shown is brought up to date.
const REFRESH: Duration = Duration::from_millis(500);

/// Runs until it is stopped, or until its time is over.
pub async fn command(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let directory = tempfile::Builder::new().prefix("bellwether-demo-").tempdir().context("no temporary directory")?;
    let checked = match config::check(source(&args, directory.path())) {
        Ok(checked) => checked,
        Err(complaints) => return Ok(check::complain(&complaints)),
    };
    Logging::start_in_file(&checked.config.log.filter, &directory.path().join("bellwether.log"))?;
    let mut stop = StopSignals::listen()?;
    let node = Node::start(checked.config, Inherited::default(), IfGone::StandIn).await?;
    let outcome = play(&args, &node, directory.path(), &mut stop).await;
    node.stop().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

/// The configuration of the demo's node. Ports that are taken are left to the system.
fn source(args: &DemoArgs, directory: &Path) -> config::Source {
    let listen = |port: u16| {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let free = !args.any_port && TcpListener::bind(wanted).is_ok();
        if free { wanted } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }.to_string()
    };
    config::Source::new()
        .with_flag("demo", "node.data_dir", directory.display().to_string())
        .with_flag("demo", "node.drain_timeout", "1s")
        .with_flag("demo", "edge.http", listen(8080))
        .with_flag("demo", "edge.https", listen(8443))
        .with_flag("demo", "api.listen", listen(8787))
        .with_flag("demo", "log.access", directory.join("access.log").display().to_string())
        // A rescued request is a success: with every story kept, the view can tell of it.
        .with_flag("demo", "story.sample_every", "1")
}

/// Raises the curtain: origins, load balancer, traffic; then plays the script until the end.
async fn play(args: &DemoArgs, node: &Node, directory: &Path, stop: &mut StopSignals) -> anyhow::Result<()> {
    let certificates = Arc::new(Certificates::make().context("no certificates for the sample origins")?);
    let mut origins = Vec::new();
    for name in ORIGINS {
        origins.push(Origin::start(name, certificates.clone()).await?);
    }
    let api = Api::Socket(directory.join(SOCKET));
    setup::create(&api, &certificates, &origins).await.context("the sample load balancer could not be created")?;
    let edge = node.http().context("the demo's edge serves no plain HTTP")?;
    let traffic = Traffic::start(edge, setup::HOST, args.rate);
    let stage = Stage { node, origins: &origins, traffic: &traffic, directory, started: Instant::now() };
    let mut show = match std::io::stdout().is_terminal() && !args.plain {
        true => Show::Screen(Screen::open()?),
        false => Show::Lines(Lines::new()),
    };
    show.curtain(&stage)?;
    let end = args.lasting.map(|lasting| Instant::now() + lasting);
    tokio::select! {
        result = perform(args, &stage, &mut show) => result?,
        () = until(end) => {}
        _ = stop.told() => {}
    }
    show.close(&stage)
}

/// Plays the script for ever, showing what happens.
async fn perform(args: &DemoArgs, stage: &Stage<'_>, show: &mut Show) -> anyhow::Result<()> {
    let mut script = Script::new(args.cycle, stage.origins.len(), Instant::now());
    let mut tick = tokio::time::interval(REFRESH);
    loop {
        tick.tick().await;
        if let Some((number, behaviour)) = script.next(Instant::now()) {
            stage.origins[number].behave(behaviour);
            show.turned(stage, number, behaviour)?;
        }
        show.refresh(stage)?;
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// How the demo is shown.
enum Show {
    Screen(Screen),
    Lines(Lines),
}

impl Show {
    fn curtain(&mut self, stage: &Stage<'_>) -> anyhow::Result<()> {
        match self {
            Show::Screen(screen) => screen.draw(stage),
            Show::Lines(lines) => lines.curtain(stage),
        }
    }

    fn turned(&mut self, stage: &Stage<'_>, number: usize, behaviour: Behaviour) -> anyhow::Result<()> {
        match self {
            Show::Screen(_) => Ok(()),
            Show::Lines(lines) => lines.turned(stage.origins[number].name, behaviour),
        }
    }

    fn refresh(&mut self, stage: &Stage<'_>) -> anyhow::Result<()> {
        match self {
            Show::Screen(screen) => screen.draw(stage),
            Show::Lines(lines) => lines.refresh(stage),
        }
    }

    fn close(self, stage: &Stage<'_>) -> anyhow::Result<()> {
        if let Show::Screen(screen) = self {
            screen.close();
        }
        lines::summary(stage)
    }
}
