//! Words that people try, and the command that does what they mean.

/// Suggests what to type instead of a command that does not exist.
pub(super) fn answer(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "auth" | "authenticate" | "signin" | "sign-in" | "log-in" | "key" | "apikey" => {
            "`likeness login` stores fal.ai's key"
        }
        "signout" | "sign-out" | "log-out" => "`likeness logout` forgets the stored key",
        "account" | "user" | "who" | "me" => "`likeness whoami` says which key is used, and whether it works",
        "rm" | "remove" | "delete" | "del" | "forget" | "clean" | "purge" | "unlink" => {
            "`likeness erase JOB` erases a job: its photos, its model and its pictures"
        }
        "stop" | "kill" | "abort" => "`likeness cancel JOB` asks fal.ai to stop a training",
        "show" | "info" | "inspect" | "describe" | "view" | "watch" | "follow" | "wait" | "logs" | "log" => {
            "`likeness status JOB` shows how a training stands; with --watch it is followed to its end"
        }
        "new" | "create" | "add" | "start" | "make" | "run" | "upload" | "learn" | "finetune"
        | "fine-tune" => "`likeness train photos/ --name Anna` trains a model from photos of one person",
        "picture" | "pictures" | "image" | "images" | "photo" | "photos" | "portrait" | "portraits"
        | "draw" | "render" | "gen" => {
            "`likeness generate JOB --prompt 'portrait in a garden' -o pictures/` makes pictures"
        }
        "get" | "fetch" | "export" | "save" | "pull" | "model" | "models" | "lora" => {
            "`likeness download JOB` copies a trained model to a file"
        }
        "validate" | "verify" | "lint" | "test" => {
            "`likeness check photos/` says which photos are good; --test after a command uses the simulator"
        }
        "zip" | "archive" | "package" => "`likeness pack photos/ -o set.zip` makes the archive of a training",
        "preset" | "quality" | "price" | "prices" | "pricing" | "cost" | "costs" => {
            "`likeness presets` says what a training costs, how long it takes, and what one gains"
        }
        "settings" | "set" | "configure" | "env" => {
            "`likeness config` shows every setting and where it came from"
        }
        "setup" | "init" | "install" | "diagnose" | "health" => {
            "`likeness doctor` says what is missing on this machine"
        }
        "try" | "tour" | "tutorial" | "example" | "examples" | "sample" => {
            "`likeness demo` shows everything once"
        }
        "server" | "daemon" | "api" => "`likeness serve` serves the HTTP API",
        "simulator" | "mock" | "fake" => "`likeness simulate` serves the simulator over HTTP",
        "tokens" | "invite" | "invites" => "`likeness token` makes, lists and revokes tokens of a deployment",
        "manual" | "manpage" | "docs" => "`likeness man` prints the manual page",
        "complete" | "autocomplete" => "`likeness completions SHELL` prints a completion script",
        "update" | "upgrade" | "self-update" => {
            "`cargo install --path native` in the newer source code installs it over this one"
        }
        _ => return None,
    })
}
