//! The words that the tables and messages of the corpus are written in.

/// Words between blanks; a word that begins with a quote ends with one, and may hold escapes.
pub fn words(text: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
                (word.as_bytes().to_vec(), after)
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// The bytes up to the closing quote, and the text behind it. Escapes are those of Rust's byte strings.
fn unquote(text: &str) -> (Vec<u8>, &str) {
    let mut bytes = Vec::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (bytes, &text[at + 1..]),
            '\\' => match chars.next().expect("something is escaped").1 {
                'r' => bytes.push(b'\r'),
                'n' => bytes.push(b'\n'),
                't' => bytes.push(b'\t'),
                'x' => {
                    let digits: String = chars.by_ref().take(2).map(|(_, digit)| digit).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
                }
                plain => bytes.push(u8::try_from(plain).expect("ASCII")),
            },
            plain => bytes.push(u8::try_from(plain).expect("ASCII")),
        }
    }
    panic!("a quote without an end: {text}")
}
