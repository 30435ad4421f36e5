use proptest::prelude::*;

use super::*;

/// Places whose clocks do odd things: by half an hour, at midnight, across the date line, or nothing at all.
const ZONES: [&str; 8] = [
    "Europe/Vienna",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Beirut",
    "Pacific/Apia",
    "Asia/Kolkata",
    "UTC",
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn schedule(text: &str) -> Schedule {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The runs after a time, one after the other.
fn runs(text: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = schedule(text);
    let first = schedule.next_run(at(after), at(after));
    std::iter::successors(first, |last| schedule.next_run(*last, at(after)))
        .take(count)
        .map(|run| run.to_string())
        .collect()
}

#[test]
fn an_interval_is_counted_from_when_it_was_set() {
    let forty = schedule("every 40m");
    let set = at("2026-03-01T08:10:00Z");
    assert_eq!(forty.next_run(set, set), Some(at("2026-03-01T08:50:00Z")));
    let late = at("2026-03-01T10:00:00Z");
    assert_eq!(forty.next_run(late, set), Some(at("2026-03-01T10:10:00Z")));
}

#[test]
fn a_daily_time_is_what_the_clocks_of_its_zone_show() {
    let found = runs("daily 07:00 Europe/Vienna", "2026-03-27T12:00:00Z", 3);
    assert_eq!(
        found,
        [
            "2026-03-28T06:00:00Z",
            "2026-03-29T05:00:00Z",
            "2026-03-30T05:00:00Z"
        ]
    );
}

#[test]
fn a_time_that_the_clocks_leave_out_comes_when_they_are_put_forward() {
    for text in ["daily 02:30 Europe/Vienna", "cron 30 2 * * * Europe/Vienna"] {
        let found = runs(text, "2026-03-28T12:00:00Z", 2);
        assert_eq!(
            found,
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            "{text}"
        );
    }
}

#[test]
fn a_time_that_the_clocks_show_twice_comes_the_first_time_only() {
    for text in ["daily 02:30 Europe/Vienna", "cron 30 2 * * * Europe/Vienna"] {
        let found = runs(text, "2026-10-24T12:00:00Z", 2);
        assert_eq!(
            found,
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            "{text}"
        );
        let again = runs(text, "2026-10-25T01:10:00Z", 1);
        assert_eq!(again, ["2026-10-26T01:30:00Z"], "{text}");
    }
}

#[test]
fn a_pattern_for_every_hour_follows_the_clocks() {
    let forward = runs("cron 0 * * * * Europe/Vienna", "2026-03-29T00:30:00Z", 2);
    assert_eq!(forward, ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]);
    let back = runs("cron 30 * * * * Europe/Vienna", "2026-10-25T00:00:00Z", 3);
    assert_eq!(
        back,
        [
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:30:00Z"
        ]
    );
    let hour_left_out = runs("cron 15 */2 * * * Europe/Vienna", "2026-03-29T00:00:00Z", 1);
    assert_eq!(hour_left_out, ["2026-03-29T02:15:00Z"]);
}

#[test]
fn weekdays_and_the_last_of_the_month_are_understood() {
    let workdays = runs("cron 0 6 * * 1-5", "2026-03-06T12:00:00Z", 2);
    assert_eq!(workdays, ["2026-03-09T06:00:00Z", "2026-03-10T06:00:00Z"]);
    let last = runs("cron 0 0 L * *", "2026-02-01T00:00:00Z", 2);
    assert_eq!(last, ["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"]);
}

#[test]
fn what_is_no_schedule_is_refused_and_says_what_one_looks_like() {
    for (text, word) in [
        ("", "every"),
        ("sometimes", "every"),
        ("every", "40m"),
        ("every 0s", "40m"),
        ("every 0.4s", "40m"),
        ("every -5m", "40m"),
        ("daily 25:00", "02:30"),
        ("daily 2", "02:30"),
        ("daily 02:30 Europe/Wien", "Europe/Vienna"),
        ("cron 0 6 * *", "five fields"),
        ("cron 61 6 * * *", "five fields"),
        ("cron 0 0 31 2 *", "no such time"),
        ("cron 0 6 * * * Mars/Base", "Europe/Vienna"),
    ] {
        let error = text.parse::<Schedule>().unwrap_err().to_string();
        assert!(error.contains(word), "{text}: {error}");
    }
}

#[test]
fn the_text_form_reads_back() {
    for text in [
        "every 40m",
        "every 90s",
        "every 1d",
        "daily 02:30 Europe/Vienna",
        "daily 23:05 UTC",
        "cron */5 * * * 1-5 America/New_York",
    ] {
        let read = schedule(text);
        assert_eq!(read.to_string(), text);
        assert_eq!(schedule(&read.to_string()).to_string(), text);
    }
    assert_eq!(schedule("daily 02:30").to_string(), "daily 02:30 UTC");
    assert_eq!(schedule(" every  1h 30m ").to_string(), "every 90m");
}

fn texts() -> impl Strategy<Value = String> {
    let zone = prop::sample::select(&ZONES[..]);
    let daily = (0..24, 0..60, zone.clone())
        .prop_map(|(hour, minute, zone)| format!("daily {hour:02}:{minute:02} {zone}"));
    let fixed = (0..60, 0..24, 0..7, zone.clone())
        .prop_map(|(minute, hour, day, zone)| format!("cron {minute} {hour} * * {day} {zone}"));
    let stepped = (prop::sample::select(&[1, 7, 15, 30][..]), 1..6, zone)
        .prop_map(|(minutes, hours, zone)| format!("cron */{minutes} */{hours} * * * {zone}"));
    let every = (1_u32..200_000).prop_map(|seconds| format!("every {seconds}s"));
    prop_oneof![daily, fixed, stepped, every]
}

proptest! {
    /// Between a time and the next run there is none that somebody who asks later would be told of.
    #[test]
    fn whoever_asks_before_the_next_run_is_told_the_same(
        text in texts(), seconds in 1_735_689_600_i64..1_830_297_600, share in 0.0_f64..1.0,
    ) {
        let schedule = schedule(&text);
        let set = Timestamp::from_second(1_735_689_600).unwrap();
        let after = Timestamp::from_second(seconds).unwrap();
        let next = schedule.next_run(after, set).unwrap();
        prop_assert!(next > after);
        let wait = next.as_millisecond() - after.as_millisecond();
        #[expect(clippy::cast_possible_truncation, reason = "a share of a wait of days")]
        let later = after.as_millisecond() + (wait as f64 * share) as i64;
        let later = Timestamp::from_millisecond(later.min(next.as_millisecond() - 1)).unwrap();
        prop_assert_eq!(schedule.next_run(later, set), Some(next), "{} at {}", text, later);
    }

    #[test]
    fn a_daily_run_comes_once_on_every_day_that_there_is(
        hour in 0_i8..24, minute in 0_i8..60, zone in prop::sample::select(&ZONES[..]), year in 2009_i16..2030,
    ) {
        let schedule = schedule(&format!("daily {hour:02}:{minute:02} {zone}"));
        let tz = TimeZone::get(zone).unwrap();
        let begin = DateTime::constant(year, 1, 1, 0, 0, 0, 0).to_zoned(tz.clone()).unwrap().timestamp();
        let mut run = begin;
        let mut dates = Vec::new();
        for _ in 0..400 {
            let next = schedule.next_run(run, begin).unwrap();
            let hours = (next.as_second() - run.as_second()) as f64 / 3600.0;
            prop_assert!(run == begin || (22.0..=26.0).contains(&hours) || zone == "Pacific/Apia", "{} h", hours);
            let shown = tz.to_datetime(next);
            let is_as_said = shown.time() == Time::constant(hour, minute, 0, 0);
            prop_assert!(is_as_said || tz.following(next.saturating_sub(1.millisecond()).unwrap()).next()
                .is_some_and(|change| change.timestamp() == next), "{}", shown);
            dates.push(shown.date());
            run = next;
        }
        prop_assert!(dates.is_sorted());
    }

    /// A pattern that follows the clocks is due exactly in the minutes in which they show what it says.
    #[test]
    fn what_follows_the_clocks_is_due_whenever_they_show_it(
        start in 1_735_689_600_i64..1_830_297_600, step in prop::sample::select(&[7_i8, 20, 30][..]),
        hours in 1_i8..4, zone in prop::sample::select(&ZONES[..]),
    ) {
        let schedule = schedule(&format!("cron */{step} */{hours} * * * {zone}"));
        let tz = TimeZone::get(zone).unwrap();
        let start = Timestamp::from_second(start / 60 * 60).unwrap();
        let expected = (1..10_000).map(|minute| start.checked_add(minute.minutes()).unwrap()).find(|moment| {
            let shown = tz.to_datetime(*moment);
            shown.minute() % step == 0 && shown.hour() % hours == 0 && shown.second() == 0
        });
        prop_assert_eq!(schedule.next_run(start, start), expected);
    }
}
