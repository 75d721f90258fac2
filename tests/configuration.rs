//! docs/configuration.md holds every flag with its environment variable and default.

use clap::CommandFactory;
use dateline::config::Command;

#[test]
fn every_flag_is_documented() {
    let documented = include_str!("../docs/configuration.md");
    for command in Command::command().get_subcommands() {
        for argument in command.get_arguments().filter(|a| a.get_long().is_some_and(|l| l != "help")) {
            let flag = argument.get_long().unwrap_or_default();
            let env = argument.get_env().map(|env| format!("`{}`", env.to_string_lossy())).unwrap_or_default();
            let default = argument.get_default_values().first().map(|d| format!("`{}`", d.to_string_lossy()));
            let default = default.filter(|_| argument.get_action().takes_values()).unwrap_or_default();
            let line = format!("| `--{flag}` | {env} | {default} |");
            let found = documented.lines().any(|l| l.starts_with(&line));
            assert!(found, "{}: not in docs/configuration.md: {line}", command.get_name());
        }
    }
}
