//! Latency under load, and what the service costs beside the pipeline: `cargo bench --bench load -- --help`.
//!
//! Starts the server, measures its capacity with callers that wait for their answers, then sends calls at rates that are shares of
//! it, whether answers come or not (open loop, Poisson arrivals), and counts each call's time from when it was due. Writes
//! `target/load/latency.svg`.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use comfy_table::Table;
use dateline::extraction::Extractor;
use dateline::service::wire::v1;
use dateline::service::wire::v1::extraction_service_client::ExtractionServiceClient;
use plotters::prelude::*;
use tokio::time::sleep_until;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

type Client = ExtractionServiceClient<Channel>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

const ARTICLE: &str = include_str!("../examples/harbour.txt");

#[derive(Parser)]
#[command(about = "Latency under load")]
struct Arguments {
    /// Worker threads of the server
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Words of each article, taken from examples/harbour.txt over and over
    #[arg(long, default_value_t = 500)]
    words: usize,
    /// Seconds in which the capacity is measured
    #[arg(long, default_value_t = 20)]
    measure: u64,
    /// Seconds for each rate
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Rates, as shares of the capacity
    #[arg(long, value_delimiter = ',', default_values_t = [0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.5, 2.0])]
    rates: Vec<f64>,
    /// Connections that calls are spread over
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Seconds between two looks at the server's memory
    #[arg(long, default_value_t = 60)]
    look: u64,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

/// The server as a process.
struct Server(Child);

impl Server {
    fn start(arguments: &Arguments, address: &str) -> Result<Self, Failure> {
        let server = Command::new(env!("CARGO_BIN_EXE_dateline"))
            .args(["serve", "--listen", address, "--log", "warn", "--threads", &arguments.threads.to_string()])
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self(server))
    }

    /// CPU time it has taken.
    fn cpu(&self) -> Result<Duration, Failure> {
        cpu(&format!("/proc/{}/stat", self.0.id()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// User and system time of a process, in ticks of 10 ms (proc(5)).
fn cpu(stat: &str) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(stat)?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no name")?.1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// Memory that a process holds, MB.
fn memory(process: u32) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// What became of the calls of one rate.
#[derive(Default)]
struct Calls {
    /// Of those answered, sorted.
    times: Vec<Duration>,
    refused: usize,
    failed: usize,
}

impl Calls {
    fn add(&mut self, (due, ended, code): (Instant, Instant, Option<Code>)) {
        match code {
            None => self.times.push(ended - due),
            Some(Code::ResourceExhausted) => self.refused += 1,
            Some(_) => self.failed += 1,
        }
    }

    fn all(&self) -> usize {
        self.times.len() + self.refused + self.failed
    }

    /// Milliseconds within which this share was answered.
    fn percentile(&self, share: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        let place = (share * last as f64).round() as usize;
        self.times.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }
}

async fn call(mut client: Client, text: Arc<str>, due: Instant) -> (Instant, Instant, Option<Code>) {
    let document = v1::Document { text: text.to_string(), ..Default::default() };
    let request = v1::ExtractRequest { document: Some(document), options: None };
    let code = client.extract(request).await.err().map(|status| status.code());
    (due, Instant::now(), code)
}

/// Callers that wait for their answers before they call again.
async fn closed(clients: &[Client], callers: usize, text: &Arc<str>, time: Duration) -> Result<Calls, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..callers)
        .map(|i| {
            let (client, text, stop) = (clients[i % clients.len()].clone(), text.clone(), stop.clone());
            tokio::spawn(async move {
                let mut calls = Calls::default();
                while !stop.load(Ordering::Relaxed) {
                    calls.add(call(client.clone(), text.clone(), Instant::now()).await);
                }
                calls
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut calls = Calls::default();
    for caller in callers {
        let its = caller.await?;
        calls.times.extend(its.times);
        calls.refused += its.refused;
        calls.failed += its.failed;
    }
    calls.times.sort();
    Ok(calls)
}

/// Calls that arrive at random, so many a second, whether answers come or not.
async fn open(clients: &[Client], a_second: f64, text: &Arc<str>, time: Duration) -> Result<Calls, Failure> {
    let (mut random, begun) = (fastrand::Rng::with_seed(1), Instant::now());
    let (mut due, mut pending) = (begun, tokio::task::JoinSet::new());
    let mut calls = Calls::default();
    for client in clients.iter().cycle() {
        due += Duration::from_secs_f64(-(1.0 - random.f64()).ln() / a_second);
        if due - begun > time {
            break;
        }
        sleep_until(due.into()).await;
        pending.spawn(call(client.clone(), text.clone(), due));
        while let Some(ended) = pending.try_join_next() {
            calls.add(ended?);
        }
    }
    while let Some(ended) = pending.join_next().await {
        calls.add(ended?);
    }
    calls.times.sort();
    Ok(calls)
}

/// CPU time of one reading without the service, in this process.
fn pipeline(text: &str) -> Result<Duration, Failure> {
    const TIMES: u32 = 100;
    let extractor = Extractor::new()?;
    extractor.extract(text, None);
    let before = cpu("/proc/self/stat")?;
    for _ in 0..TIMES {
        extractor.extract(text, None);
    }
    Ok((cpu("/proc/self/stat")? - before) / TIMES)
}

fn article(words: usize) -> Arc<str> {
    let mut left = words;
    let mut text = String::new();
    // Words with the white space behind them.
    for word in ARTICLE.split_inclusive(char::is_whitespace).cycle() {
        if left == 0 {
            break;
        }
        text += word;
        left -= usize::from(!word.trim().is_empty());
    }
    text.into()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let text = article(arguments.words);
    let (measure, time) = (Duration::from_secs(arguments.measure), Duration::from_secs(arguments.seconds));
    let alone = pipeline(&text)?;

    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let server = Server::start(&arguments, &address)?;
    let mut clients = Vec::new();
    while clients.len() < arguments.connections {
        match Endpoint::from_shared(format!("http://{address}"))?.connect().await {
            Ok(channel) => clients.push(Client::new(channel)),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    while clients[0].get_model_info(v1::GetModelInfoRequest {}).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let before = server.cpu()?;
    let busy = closed(&clients, arguments.threads * 4, &text, measure).await?;
    let served = (server.cpu()? - before) / u32::try_from(busy.all().max(1))?;
    let capacity = busy.times.len() as f64 / measure.as_secs_f64();
    println!("capacity: {capacity:.1} articles of {} words a second, {} worker(s)", arguments.words, arguments.threads);
    let overhead = served.as_secs_f64() / alone.as_secs_f64() - 1.0;
    println!("CPU time of one article: {served:.1?} in the service, {alone:.1?} without, {:+.1} %", overhead * 100.0);
    let one = closed(&clients, 1, &text, measure).await?;
    println!("one caller: p50 {:.0} ms, p99 {:.0} ms", one.percentile(0.5), one.percentile(0.99));

    let mut table = Table::new();
    table.load_preset(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header([
        "share of capacity",
        "offered/s",
        "answered/s",
        "refused",
        "failed",
        "p50",
        "p90",
        "p99",
        "memory",
    ]);
    let mut points = Vec::new();
    for &share in &arguments.rates {
        let looking = tokio::spawn(look(server.0.id(), arguments.look));
        let calls = open(&clients, share * capacity, &text, time).await?;
        looking.abort();
        let a_second = |count: usize| format!("{:.1}", count as f64 / arguments.seconds as f64);
        let percent = |count: usize| format!("{:.1} %", 100.0 * count as f64 / calls.all().max(1) as f64);
        let within = [0.5, 0.9, 0.99].map(|share| calls.percentile(share));
        let mut row = vec![format!("{share:.2}"), a_second(calls.all()), a_second(calls.times.len())];
        row.extend([percent(calls.refused), calls.failed.to_string()]);
        row.extend(within.map(|ms| format!("{ms:.0} ms")));
        row.push(format!("{:.0} MB", memory(server.0.id())?));
        table.add_row(row);
        points.push((share, within));
    }
    println!("{table}");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("load").join("latency.svg");
    plot(&file, &points)?;
    println!("{}", file.display());
    Ok(())
}

/// Tells now and then what the server holds.
async fn look(server: u32, seconds: u64) {
    let begun = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let held = memory(server).unwrap_or(f64::NAN);
        println!("after {:.0?}: {held:.0} MB", begun.elapsed());
    }
}

/// Latency (logarithmic) over load.
fn plot(file: &Path, points: &[(f64, [f64; 3])]) -> Result<(), Failure> {
    std::fs::create_dir_all(file.parent().ok_or("a folder")?)?;
    let root = SVGBackend::new(file, (800, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let widest = points.iter().map(|point| point.0).fold(0.0, f64::max);
    let highest = points.iter().flat_map(|point| point.1).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..widest, (1.0..highest * 1.2).log_scale())?;
    chart.configure_mesh().x_desc("load, share of capacity").y_desc("milliseconds").draw()?;
    for (i, name) in ["p50", "p90", "p99"].into_iter().enumerate() {
        let line = points.iter().map(|&(share, within)| (share, within[i]));
        let colour = Palette99::pick(i).stroke_width(2);
        let drawn = chart.draw_series(LineSeries::new(line, colour))?;
        drawn.label(name).legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 20, y)], colour));
    }
    chart.configure_series_labels().border_style(BLACK).draw()?;
    root.present()?;
    Ok(())
}
