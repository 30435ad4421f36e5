//! Whatever is wrong with a file is one clear error, and never a panic.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use usher_baton::c1z::{C1zError, C1zFile, Format, ReadOptions};

use crate::support::{
    Contents, clock, image, now, packed, read, read_shown, small_team, write_small,
};

async fn sample(folder: &Path) -> (PathBuf, Vec<u8>) {
    let path = folder.join("sync.c1z");
    write_small(&path, &clock(), "Design").await;
    let bytes = fs::read(&path).unwrap();
    (path, bytes)
}

async fn read_bytes(path: &Path, bytes: &[u8]) -> Result<Contents, C1zError> {
    fs::write(path, bytes).unwrap();
    read_shown(path).await
}

fn is_clear(error: &C1zError) -> bool {
    let text = error.to_string();
    let names_file_and_remedy = text.contains("sync.c1z") && text.contains(';');
    names_file_and_remedy && !text.ends_with('.')
}

#[tokio::test]
async fn a_file_that_breaks_off_is_an_error_wherever_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = sample(folder.path()).await;
    for length in (1..bytes.len()).filter(|length| *length != 5) {
        let error = read_bytes(&path, &bytes[..length]).await.unwrap_err();
        assert!(
            matches!(error, C1zError::Damaged { .. }),
            "at {length}: {error:?}"
        );
        assert!(is_clear(&error), "at {length}: {error}");
    }
}

#[tokio::test]
async fn a_changed_byte_is_noticed_or_makes_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = sample(folder.path()).await;
    let mut unnoticed = 0;
    for offset in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[offset] ^= 1 << (offset % 8);
        match read_bytes(&path, &changed).await {
            Ok(contents) => {
                assert_eq!(contents, small_team("Design", 3), "at {offset}");
                unnoticed += 1;
            }
            Err(error) => assert!(is_clear(&error), "at {offset}: {error}"),
        }
    }
    assert!(unnoticed < 4, "{unnoticed} changes went unnoticed");
}

#[tokio::test]
async fn a_garbled_database_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = sample(folder.path()).await;
    let image = image(&path);
    let mut refused = 0;
    for round in 0..400_usize {
        let mut garbled = image.clone();
        for step in 0..=round % 7 {
            let offset = (round * 7919 + step * 104_729) % garbled.len();
            garbled[offset] = garbled[offset].wrapping_mul(31).wrapping_add(0x5d);
        }
        if let Err(error) = read_bytes(&path, &packed(&garbled)).await {
            assert!(is_clear(&error), "round {round}: {error}");
            refused += 1;
        }
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn a_short_database_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = sample(folder.path()).await;
    let image = image(&path);
    for bytes in [&image[..4096 * 3], &image[..50], b"SQLite"] {
        let error = read_bytes(&path, &packed(bytes)).await.unwrap_err();
        assert!(matches!(error, C1zError::Damaged { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_file_without_a_sync_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    for bytes in [&b""[..], b"C1ZF\0"] {
        assert_eq!(read_bytes(&path, bytes).await.unwrap(), Contents::default());
        let file = C1zFile::open(&path).await.unwrap();
        assert_eq!(file.format(), Format::Empty);
        assert_eq!(file.syncs().await.unwrap(), []);
    }
}

#[tokio::test]
async fn other_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    let error = read_shown(&path).await.unwrap_err();
    assert!(matches!(error, C1zError::Io { .. }), "{error:?}");
    let error = read_shown(folder.path()).await.unwrap_err();
    assert!(matches!(error, C1zError::NotAFile { .. }), "{error:?}");
    let error = read_bytes(&path, b"PK\x03\x04 and so on")
        .await
        .unwrap_err();
    assert!(matches!(error, C1zError::NotC1z { .. }), "{error:?}");
    let error = read_bytes(&path, b"C1Z3\0\0\0\0\x04rest")
        .await
        .unwrap_err();
    assert!(matches!(error, C1zError::Version3 { .. }), "{error:?}");
    assert!(
        error.to_string().contains("BATON_STORAGE_ENGINE=sqlite"),
        "{error}"
    );
    let error = read_bytes(&path, &packed(b"no database at all, only words"))
        .await
        .unwrap_err();
    assert!(matches!(error, C1zError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn more_than_the_limit_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = sample(folder.path()).await;
    let image = image(&path);
    let options = ReadOptions {
        decoded_limit: image.len() as u64 - 1,
        temporary_folder: Some(folder.path().to_owned()),
    };
    // With the size in the frame, and without.
    for bytes in [fs::read(&path).unwrap(), packed(&image)] {
        fs::write(&path, bytes).unwrap();
        let error = C1zFile::open_with(&path, &options).await.unwrap_err();
        assert!(matches!(error, C1zError::TooLarge { .. }), "{error:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    let exact = ReadOptions {
        decoded_limit: image.len() as u64,
        ..options
    };
    C1zFile::open_with(&path, &exact).await.unwrap();
}

#[tokio::test]
async fn a_window_that_no_reader_accepts_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    // A frame header that asks for a window of 2^28 bytes (RFC 8878 §3.1.1.1.2), and one empty block.
    let mut bytes = b"C1ZF\0\x28\xB5\x2F\xFD\x00".to_vec();
    bytes.extend([(28 - 10) << 3, 1, 0, 0]);
    let error = read_bytes(&path, &bytes).await.unwrap_err();
    assert!(
        matches!(error, C1zError::WindowTooLarge { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn frames_may_follow_each_other_and_be_skippable() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = sample(folder.path()).await;
    let image = image(&path);
    let skippable = b"\x50\x2A\x4D\x18\x03\0\0\0abc";
    let mut bytes = b"C1ZF\0".to_vec();
    bytes.extend(skippable);
    for part in image.chunks(image.len() / 3) {
        let mut encoder = zstd::Encoder::new(Vec::new(), 19).unwrap();
        encoder
            .include_checksum(bytes.len().is_multiple_of(2))
            .unwrap();
        encoder.write_all(part).unwrap();
        bytes.extend(encoder.finish().unwrap());
    }
    bytes.extend(skippable);
    let contents = read_bytes(&path, &bytes).await.unwrap();
    assert_eq!(contents, small_team("Design", 3));
}

#[tokio::test]
async fn a_database_marked_for_a_write_ahead_log_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = sample(folder.path()).await;
    let mut image = image(&path);
    image[18..20].copy_from_slice(&[2, 2]);
    let contents = read_bytes(&path, &packed(&image)).await.unwrap();
    assert_eq!(contents, small_team("Design", 3));
}

#[tokio::test]
async fn a_reader_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let (path, _) = sample(folder.path()).await;
    let options = ReadOptions {
        temporary_folder: Some(temporary.path().to_owned()),
        ..ReadOptions::default()
    };
    let file = C1zFile::open_with(&path, &options).await.unwrap();
    #[cfg(unix)]
    for entry in fs::read_dir(temporary.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others can look into it");
    }
    let run = file.select(None, now()).await.unwrap();
    read(&file, &run).await.unwrap();
    drop(file);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_sync_that_is_not_there_is_named_with_those_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = sample(folder.path()).await;
    let file = C1zFile::open(&path).await.unwrap();
    let there = file.syncs().await.unwrap().remove(0).sync_id;
    let error = file.select(Some("nothing"), now()).await.unwrap_err();
    assert!(error.to_string().contains(&there), "{error}");
    let run = file.select(Some(&there), now()).await.unwrap();
    assert_eq!(run.sync_id(), Some(there.as_str()));
}
