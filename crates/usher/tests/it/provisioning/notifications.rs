//! People are told by e-mail and webhook.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::company::{Company, without};

/// An SMTP server that takes one message, and gives it back.
struct Mailbox {
    port: u16,
    message: JoinHandle<String>,
}

impl Mailbox {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let message = std::thread::spawn(move || receive(&listener));
        Self { port, message }
    }

    fn message(self) -> String {
        self.message.join().unwrap()
    }
}

/// Speaks just enough SMTP (RFC 5321) to be given a message.
fn receive(listener: &TcpListener) -> String {
    let (stream, _) = listener.accept().unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    writer.write_all(b"220 mailbox\r\n").unwrap();
    let mut message = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap() == 0 {
            return message;
        }
        let word = line
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_uppercase();
        let reply: &[u8] = match word.as_str() {
            "DATA" => {
                writer.write_all(b"354 go on\r\n").unwrap();
                loop {
                    line.clear();
                    reader.read_line(&mut line).unwrap();
                    if line.trim_end() == "." {
                        break;
                    }
                    message.push_str(&line);
                }
                b"250 taken\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").unwrap();
                return message;
            }
            _ => b"250 fine\r\n",
        };
        writer.write_all(reply).unwrap();
    }
}

fn told_by_mail(company: Company, mailbox: &Mailbox) -> Company {
    let port = mailbox.port.to_string();
    let home = company
        .home
        .with("USHER_SMTP_HOST", "127.0.0.1")
        .with("USHER_SMTP_PORT", &port)
        .with("USHER_SMTP_SECURITY", "none")
        .with("USHER_EMAIL_FROM", "Usher <usher@example.org>")
        .with("USHER_EMAIL_TO", "it@example.org");
    Company { home, ..company }
}

#[test]
fn e5_a_failure_is_told_by_e_mail_and_that_can_be_switched_off() {
    let mailbox = Mailbox::open();
    let company = told_by_mail(Company::of_everyone(), &mailbox);
    company.home.run(&["cycle"]).expect(9);
    let message = mailbox.message();
    assert!(message.contains("Subject:"), "{message}");
    assert!(message.contains("usher plan"), "{message}");
    assert!(company.miro.user("frank@example.org").is_none(), "it waits");

    let mailbox = Mailbox::open();
    let company = told_by_mail(company, &mailbox);
    let home = company.home.with("USHER_NOTIFY", "none");
    let company = Company { home, ..company };
    company.now_says(&without("gina@example.org"));
    company.home.run(&["cycle"]).expect(9);
    let events = company.json(&["events", "--kind", "notification_sent"]);
    assert_eq!(events.as_array().unwrap().len(), 1, "{events}");
}

#[test]
fn a_test_message_says_whether_it_arrived() {
    let mailbox = Mailbox::open();
    let company = told_by_mail(Company::new(), &mailbox);
    let ran = company.run(&["notify", "test"]);
    assert!(ran.stdout().contains("it@example.org"), "{}", ran.stdout());
    let message = mailbox.message();
    assert!(
        message.contains("this is a test of notifications"),
        "{message}"
    );
    let ran = Company::new().home.run(&["notify", "test"]).expect(2);
    assert!(ran.stderr().contains("hint: "), "{}", ran.stderr());
}
