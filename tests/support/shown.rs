//! What the pages tell people to type.

use std::fs;
use std::path::Path;

/// The arguments of each `sealkeep …` in the code of a page.
pub(crate) fn commands(page: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(page).expect("the page is there");
    let code = text.split("\n```").skip(1).step_by(2);
    let lines = code.filter(|code| code.starts_with("sh\n") || code.starts_with("console\n"));
    let words = lines.flat_map(str::lines).map(|line| words(line.trim_start_matches("$ ")));
    words
        .flat_map(|words| {
            let parts: Vec<Vec<String>> =
                words.split(|word| word == "|").map(<[String]>::to_vec).collect();
            parts.into_iter().filter(|part| part.first().is_some_and(|word| word == "sealkeep"))
        })
        .map(|part| part[1..].to_vec())
        .collect()
}

/// The words of a command line as a shell takes them; it knows quotes and nothing else.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("there is one").push(letter),
        }
    }
    words
}
