//! The binary on CPUs that have no AVX-512, or not even AVX: kernels are picked at run time. Needs `qemu-x86_64` (Debian's qemu-user):
//! `cargo test --test cpus -- --ignored`, as `.ci/run` does.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What the binary answers, without its scores: kernels round differently.
fn answer(command: &mut Command, file: &Path) -> Value {
    let run = command.args(["extract", "--format", "json"]).arg(file).output().expect("a run");
    assert!(run.status.success(), "{}: {}", run.status, String::from_utf8_lossy(&run.stderr));
    let mut answer = serde_json::from_slice(&run.stdout).expect("JSON");
    without_scores(&mut answer);
    answer
}

fn without_scores(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("score");
            fields.values_mut().for_each(without_scores);
        }
        Value::Array(values) => values.iter_mut().for_each(without_scores),
        _ => {}
    }
}

#[test]
#[ignore = "needs qemu-x86_64 on the PATH"]
fn older_cpus_give_the_same_answer() {
    const BINARY: &str = env!("CARGO_BIN_EXE_dateline");
    let folder = tempfile::tempdir().expect("a folder");
    // Emulation is slow: a short text.
    let file = folder.path().join("text.txt");
    std::fs::write(&file, "\"We will not bow,\" Ann Lee said in Oslo on Tuesday.\n").expect("a file");
    let here = answer(&mut Command::new(BINARY), &file);
    assert!(here["quotes"]["quotes"][0]["speaker"]["name"] == "Ann Lee", "{here}");
    for cpu in ["Nehalem", "Haswell"] {
        let there = answer(Command::new("qemu-x86_64").args(["-cpu", cpu, BINARY]), &file);
        assert_eq!(there, here, "{cpu}");
    }
}
