//! rsigma-eval under the protocol of the benchmark (`bench/protocol.py`).
//!
//! The rules are loaded as one collection, lines are read into one buffer, and events are borrowed.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::time::Instant;

use rsigma_eval::Engine;
use rsigma_eval::event::JsonEvent;
use rsigma_parser::parse_sigma_directory;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Version of the crates in Cargo.toml.
const VERSION: &str = "0.26.0";

#[derive(Default)]
struct Arguments {
    rules: PathBuf,
    events: PathBuf,
    limit: Option<usize>,
    matches: Option<PathBuf>,
    bloom: bool,
    automaton: bool,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut found = Arguments::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--rules" => found.rules = value()?.into(),
            "--events" => found.events = value()?.into(),
            "--limit" => found.limit = Some(value()?.parse()?),
            "--matches" => found.matches = Some(value()?.into()),
            "--bloom" => found.bloom = true,
            "--cross-rule-ac" => found.automaton = true,
            _ => return Err(format!("unknown option {word}").into()),
        }
    }
    Ok(found)
}

/// The engine with all rules that it takes, and how many it does not.
fn engine(given: &Arguments) -> Result<(Engine, usize), Box<dyn Error>> {
    let collection = parse_sigma_directory(&given.rules)?;
    let mut engine = Engine::new();
    engine.set_bloom_prefilter(given.bloom);
    engine.set_cross_rule_ac(given.automaton);
    let refused = engine.add_rules(&collection.rules).len();
    let unread = collection.diagnostics.iter().filter(|found| found.is_error()).count();
    Ok((engine, refused + unread))
}

/// Most memory that the process had, in MB.
fn peak_rss() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

fn main() -> Result<(), Box<dyn Error>> {
    let given = arguments()?;
    let started = Instant::now();
    let (engine, failed) = engine(&given)?;
    let load_seconds = started.elapsed().as_secs_f64();

    let keep = given.matches.is_some();
    let limit = given.limit.unwrap_or(usize::MAX);
    let mut kept: Vec<String> = Vec::new();
    let (mut events, mut matches) = (0, 0);
    let started = Instant::now();
    let mut reader = BufReader::with_capacity(1 << 20, File::open(&given.events)?);
    let mut line = Vec::with_capacity(1 << 16);
    while events < limit {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let value: Value = serde_json::from_slice(&line)?;
        let found = engine.evaluate(&JsonEvent::borrow(&value));
        matches += found.len();
        if keep {
            for each in &found {
                let id = each.header.rule_id.as_deref().unwrap_or("");
                kept.push(format!("{id}\t{events}"));
            }
        }
        events += 1;
    }
    let seconds = started.elapsed().as_secs_f64();

    if let Some(path) = &given.matches {
        kept.sort_unstable();
        let mut file = File::create(path)?;
        for row in kept {
            writeln!(file, "{row}")?;
        }
    }
    let row = json!({
        "name": "rsigma-eval", "version": VERSION,
        "rules_loaded": engine.rule_count(), "rules_failed": failed,
        "load_seconds": load_seconds, "events": events, "seconds": seconds,
        "matches": matches, "peak_rss_mb": peak_rss(),
    });
    println!("{row}");
    Ok(())
}
