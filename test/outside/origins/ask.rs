// Holds cases, one as JSON on each line after the keys, against the guide's own code, and prints the user or nothing.
mod identity;
use identity::{Asked, Identity};
use std::io::BufRead;

#[derive(serde::Deserialize)]
struct Case {
    assertion: Option<String>,
    method: String,
    host: String,
    path: String,
}

fn main() {
    let mut lines = std::io::stdin().lock().lines().map(|line| line.expect("a line"));
    let keys = serde_json::from_str(&lines.next().expect("the keys")).expect("a set of keys");
    for line in lines {
        let one: Case = serde_json::from_str(&line).expect("a case");
        let asked = Asked { method: &one.method, host: &one.host, path: &one.path };
        let who = Identity::read(one.assertion.as_deref().unwrap_or(""), &keys, "api", &asked);
        println!("{}", who.map_or(String::new(), |who| who.sub));
    }
}
