//! Owns how a generated entry is laid out as text.

/// Writes JSON as people lay it out by hand: one member a line.
pub struct Json {
    pub out: Vec<u8>,
    indent: usize,
    depth: usize,
    fresh: bool,
    /// Members are spelled in snake_case, as the oldest schema has them.
    snake: bool,
}

impl Json {
    pub fn new(indent: usize, snake: bool) -> Json {
        Json { out: b"{".to_vec(), indent, depth: 1, fresh: true, snake }
    }

    fn line(&mut self) {
        if !self.fresh {
            self.out.push(b',');
        }
        self.fresh = false;
        self.out.push(b'\n');
        self.out.resize(self.out.len() + self.indent * self.depth, b' ');
    }

    fn string(&mut self, text: &str) {
        self.out.push(b'"');
        for byte in text.bytes() {
            if byte == b'"' {
                self.out.push(b'\\');
            }
            self.out.push(byte);
        }
        self.out.push(b'"');
    }

    fn key(&mut self, key: &str) {
        self.line();
        self.out.push(b'"');
        for byte in key.bytes() {
            if self.snake && byte.is_ascii_uppercase() {
                self.out.push(b'_');
                self.out.push(byte.to_ascii_lowercase());
            } else {
                self.out.push(byte);
            }
        }
        self.out.extend_from_slice(b"\": ");
    }

    pub fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    pub fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.extend_from_slice(value.as_bytes());
    }

    pub fn texts(&mut self, key: &str, texts: &[&str]) {
        self.key(key);
        self.out.push(b'[');
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                self.out.extend_from_slice(b", ");
            }
            self.string(text);
        }
        self.out.push(b']');
    }

    fn begin(&mut self, bracket: char) {
        self.out.push(bracket as u8);
        self.depth += 1;
        self.fresh = true;
    }

    pub fn open(&mut self, key: &str, bracket: char) {
        self.key(key);
        self.begin(bracket);
    }

    pub fn element(&mut self) {
        self.line();
        self.begin('{');
    }

    pub fn close(&mut self, bracket: char) {
        self.depth -= 1;
        self.fresh = true;
        self.line();
        self.out.push(bracket as u8);
        self.fresh = false;
    }
}
